package cli

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// findPrograms sets the names that it finds in /proc.
func findPrograms(list []*search) {
	wanted := map[[2]netip.AddrPort][]*search{} // by both ends, as the other program sees them
	for _, s := range list {
		if pid := unixPeer(s.conn); pid > 0 {
			s.name = nameOf(pid)
		} else if ends, ok := localEnds(s.conn); ok {
			wanted[ends] = append(wanted[ends], s)
		}
	}
	if len(wanted) == 0 {
		return
	}
	sockets := socketsOf(wanted)
	pids, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, p := range pids {
		pid, err := strconv.Atoi(p.Name())
		if err != nil || len(sockets) == 0 {
			continue
		}
		dir := "/proc/" + p.Name() + "/fd"
		fds, err := os.ReadDir(dir)
		if err != nil {
			continue // another user's, or it has ended
		}
		for _, fd := range fds {
			link, err := os.Readlink(dir + "/" + fd.Name())
			if found := sockets[link]; err == nil && found != nil {
				for _, s := range found {
					s.name = nameOf(pid)
				}
				delete(sockets, link)
			}
		}
	}
}

// unixPeer returns the process at the other end of a Unix socket, or 0 if conn is not one.
func unixPeer(conn net.Conn) (pid int) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if cred, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}

// localEnds returns the ends of a TCP connection within this machine, that of the other program first.
func localEnds(conn net.Conn) (ends [2]netip.AddrPort, ok bool) {
	for i, addr := range []net.Addr{conn.RemoteAddr(), conn.LocalAddr()} {
		tcp, isTCP := addr.(*net.TCPAddr)
		if !isTCP {
			return ends, false
		}
		a := tcp.AddrPort()
		ends[i] = netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
	}
	return ends, ends[0].Addr() == ends[1].Addr() || ends[0].Addr().IsLoopback()
}

// socketsOf returns the wanted searches by the link text of a file descriptor of the socket.
func socketsOf(wanted map[[2]netip.AddrPort][]*search) map[string][]*search {
	open, listening := map[[2]netip.AddrPort]string{}, map[netip.AddrPort]string{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		readSockets(table, func(ends [2]netip.AddrPort, state, inode string) {
			switch {
			case state == "0A":
				listening[ends[0]] = inode
			case inode != "0" && wanted[ends] != nil:
				open[ends] = inode
			}
		})
	}
	sockets := map[string][]*search{}
	for ends, list := range wanted {
		// A connection that is not accepted yet belongs to no process but its listener's.
		port := ends[0].Port()
		inode := cmp.Or(open[ends], listening[ends[0]],
			listening[netip.AddrPortFrom(netip.IPv4Unspecified(), port)], listening[netip.AddrPortFrom(netip.IPv6Unspecified(), port)])
		if inode != "" {
			sockets["socket:["+inode+"]"] = append(sockets["socket:["+inode+"]"], list...)
		}
	}
	return sockets
}

// readSockets calls f for each entry in a table of the system's sockets, with its ends, its own first.
func readSockets(table string, f func(ends [2]netip.AddrPort, state, inode string)) {
	file, err := os.Open(table)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		//  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 {
			continue
		}
		local, ok1 := procAddr(fields[1])
		remote, ok2 := procAddr(fields[2])
		if ok1 && ok2 {
			f([2]netip.AddrPort{local, remote}, fields[3], fields[9])
		}
	}
}

// procAddr parses an address such as 0100007F:1F90: words of four bytes in the byte order of the processor, and the
// port.
func procAddr(s string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(s, ":")
	b, err1 := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err1 != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(b, 4) {
		binary.BigEndian.PutUint32(word, binary.NativeEndian.Uint32(word))
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}

func nameOf(pid int) string {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	return named(printable(programName(args), false), pid)
}
