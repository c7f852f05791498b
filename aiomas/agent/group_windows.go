package agent

import (
	"encoding/binary"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"unsafe"
)

// group is the job of a process and of all processes that it starts. The system ends the job
// when its last handle is closed, also by the end of this process.
type group struct {
	mu  sync.Mutex
	job syscall.Handle // 0: none
}

var (
	kernel32                 = syscall.NewLazyDLL("kernel32.dll")
	createJobObject          = kernel32.NewProc("CreateJobObjectW")
	setInformationJobObject  = kernel32.NewProc("SetInformationJobObject")
	assignProcessToJobObject = kernel32.NewProc("AssignProcessToJobObject")
	terminateJobObject       = kernel32.NewProc("TerminateJobObject")
)

// newGroup creates the job for cmd. Ctrl-C does not reach its processes.
func newGroup(cmd *exec.Cmd) (*group, error) {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr // it may be shared by several commands
	}
	attr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
	cmd.SysProcAttr = &attr
	job, _, err := createJobObject.Call(0, 0)
	if job == 0 {
		return nil, os.NewSyscallError("CreateJobObject", err)
	}
	g := &group{job: syscall.Handle(job)}
	// A JOBOBJECT_EXTENDED_LIMIT_INFORMATION, whose LimitFlags are at offset 16.
	const extendedLimitInformation, killOnJobClose = 9, 0x2000
	var info [144]byte
	size := uintptr(len(info))
	if unsafe.Sizeof(size) == 4 {
		size = 112
	}
	binary.LittleEndian.PutUint32(info[16:], killOnJobClose)
	ok, _, err := setInformationJobObject.Call(job, extendedLimitInformation, uintptr(unsafe.Pointer(&info)), size)
	if ok == 0 {
		g.end()
		return nil, os.NewSyscallError("SetInformationJobObject", err)
	}
	return g, nil
}

// started puts the process into the job, unless it has already ended.
func (g *group) started(p *os.Process) {
	const setQuotaAndTerminate = 0x0101
	h, err := syscall.OpenProcess(setQuotaAndTerminate, false, uint32(p.Pid))
	if err != nil {
		return
	}
	defer syscall.CloseHandle(h) //nolint:errcheck // a valid handle
	_, _, _ = assignProcessToJobObject.Call(uintptr(g.job), uintptr(h))
}

// kill kills all processes of the job.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.job != 0 {
		_, _, _ = terminateJobObject.Call(uintptr(g.job), 1)
	}
}

// end ends the remaining processes.
func (g *group) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.job != 0 {
		_ = syscall.CloseHandle(g.job)
		g.job = 0
	}
}

// duplicate returns another *os.File of the same file.
func duplicate(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return nil, err
	}
	var h syscall.Handle
	var dupErr error
	err = raw.Control(func(old uintptr) {
		dupErr = syscall.DuplicateHandle(self, syscall.Handle(old), self, &h, 0, false, syscall.DUPLICATE_SAME_ACCESS)
	})
	if err == nil {
		err = dupErr
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), f.Name()), nil
}
