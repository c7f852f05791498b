package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// needTown ends the test where stand-ins cannot play two hosts, and returns the program at a path that a shell must not
// split.
func needTown(t *testing.T) (town string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address on Linux only")
	}
	town = filepath.Join(t.TempDir(), "it's $HOME's", "town")
	if err := os.MkdirAll(filepath.Dir(town), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(needPrograms(t), "town"), town); err != nil {
		t.Fatal(err)
	}
	return town
}

// On the hosts of a file, members are started by ssh.
func TestSSH(t *testing.T) {
	t.Parallel()
	town := needTown(t)
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("# two on each\nme@127.0.0.1\nme@127.0.0.2\n127.0.0.1\n127.0.0.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ssh/drive.sh", hosts, "--agents=8", "--steps=100000", "--pause=50ms")
	cmd.Env = append(os.Environ(), "TOWN="+town, "GOMAXPROCS=1", "PATH="+bin(t, "ssh")+":"+os.Getenv("PATH"))
	goesThrough(t, cmd, town, "env GOMAXPROCS='1' '") // passed on to the host
}

var ntasks = regexp.MustCompile(`(?m)^#SBATCH --ntasks=(\d+)$`)

// In a job of Slurm, members are steps on its nodes.
func TestSlurm(t *testing.T) {
	t.Parallel()
	town := needTown(t)
	text, err := os.ReadFile("slurm/town.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	tasks := ntasks.FindSubmatch(text)
	if !bytes.HasPrefix(text, []byte("#!")) || tasks == nil || !bytes.Contains(text, []byte("\n#SBATCH --signal=B:TERM@")) {
		t.Fatalf("the options of sbatch:\n%s", text)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	// Slurm runs a copy.
	script := filepath.Join(t.TempDir(), "slurm_script")
	if err := os.WriteFile(script, text, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, "--agents=8", "--steps=100000", "--pause=50ms")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TOWN="+town, "PATH="+bin(t, "srun", "scontrol")+":"+os.Getenv("PATH"),
		"SLURM_JOB_ID=7", "SLURM_JOB_NODELIST=127.0.0.[1-2]", "SLURM_NTASKS="+string(tasks[1]), "SLURM_SUBMIT_DIR="+root)
	goesThrough(t, cmd, town, "--nodelist=")
}

// goesThrough runs a driver with four members on two hosts. The program that started one of them, which has the option
// starter, is killed: the member ends, and comes back at its address. SIGTERM ends the driver and all members in order.
func goesThrough(t *testing.T, cmd *exec.Cmd, town, starter string) {
	t.Helper()
	var log lines
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = startTimeout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	list := log.until(t, steps(0, 3))
	hosts := map[string]bool{}
	for _, e := range list {
		if e.Msg == "spawned" {
			hosts[host(e.First)], hosts[host(e.Last)] = true, true
		}
	}
	if !hosts["127.0.0.1"] || !hosts["127.0.0.2"] {
		t.Errorf("the first and the last agent are on %v", hosts)
	}
	var starters []int
	for pid, p := range processes(t) {
		if p.parent == cmd.Process.Pid && strings.Contains(p.args, starter) {
			starters = append(starters, pid)
		}
	}
	if len(starters) != 4 {
		t.Fatalf("the driver runs %d programs with %s", len(starters), starter)
	}
	if err := syscall.Kill(starters[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	log.until(t, func(list []entry) bool {
		for i, e := range list {
			if e.Msg == "back" {
				if e.Err != "" {
					t.Fatalf("not back: %s", e.Err)
				}
				return steps(i, 3)(list)
			}
		}
		return false
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the driver: %v\n%s", err, log.String())
	}
	list = entries(t, log.String())
	if done := list[len(list)-1]; done.Msg != "done" {
		t.Errorf("the driver's last word: %+v", done)
	}
	deadline := time.Now().Add(startTimeout)
	for left := 1; left > 0; {
		left = 0
		for _, p := range processes(t) {
			if strings.Contains(p.args, town) {
				left++
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d members are left", left)
		}
		pause(t)
	}
}

// host returns the host of an agent's address.
func host(addr string) string {
	addr, _, _ = strings.Cut(strings.TrimPrefix(addr, "tcp://"), ":")
	return addr
}

type process struct {
	parent int
	args   string
}

// processes are those of this machine.
func processes(t *testing.T) map[int]process {
	t.Helper()
	all := map[int]process{}
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		stat, err2 := os.ReadFile(name + "/stat")
		args, err3 := os.ReadFile(name + "/cmdline")
		if err != nil || err2 != nil || err3 != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parent, err := strconv.Atoi(fields[1])
		if err != nil || fields[0] == "Z" {
			continue
		}
		all[pid] = process{parent, string(args)}
	}
	return all
}

// lines is the log of a running program.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String returns the whole lines so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.buf.String()
	return s[:strings.LastIndexByte(s, '\n')+1]
}

func (l *lines) until(t *testing.T, ok func(list []entry) bool) []entry {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); ; pause(t) {
		if list := entries(t, l.String()); ok(list) {
			return list
		}
		if time.Now().After(deadline) {
			t.Fatalf("the driver does not go on:\n%s", l)
		}
	}
}
