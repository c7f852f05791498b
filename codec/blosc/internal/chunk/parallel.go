package chunk

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// minParallel is the minimum size of data whose blocks are processed by several
// goroutines.
const minParallel = 512 << 10

// inParallel calls f for each of n tasks, which together process the given
// number of bytes. It returns the error of the first task that failed; other
// tasks may then not have been started.
func inParallel(n, bytes int, f func(i int) error) error {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers == 1 || bytes < minParallel {
		for i := range n {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		next  atomic.Int64
		first sync.Once
		err   error
		group sync.WaitGroup
	)
	for range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if e := f(i); e != nil {
					first.Do(func() { err = e })
					next.Store(int64(n))
				}
			}
		})
	}
	group.Wait()
	return err
}
