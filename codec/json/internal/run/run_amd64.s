#include "textflag.h"

// Only SSE2, which every amd64 has.

#define BROADCAST(x) PUNPCKLQDQ x, x

// JUDGE makes the bytes of bad 0xff where those of x are quotes or backslashes,
// and those of x 0xff where it is greater than the floor.
#define JUDGE(x, bad, tmp) \
	MOVO    x, bad;   \
	MOVO    x, tmp;   \
	PCMPEQB X12, bad; \
	PCMPEQB X13, tmp; \
	PADDB   X14, x;   \
	POR     tmp, bad; \
	PCMPGTB X15, x

// func blocks(p *byte, n int, k kind) int
TEXT ·blocks(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ $0x2222222222222222, AX
	MOVQ AX, X12
	BROADCAST(X12)
	MOVQ $0x5c5c5c5c5c5c5c5c, AX
	MOVQ AX, X13
	BROADCAST(X13)
	MOVQ k_add+16(FP), X14
	BROADCAST(X14)
	MOVQ k_floor+24(FP), X15
	BROADCAST(X15)
	XORL AX, AX

loop:
	CMPQ  AX, CX
	JGE   done
	MOVOU (SI)(AX*1), X0
	MOVOU 16(SI)(AX*1), X1
	MOVOU 32(SI)(AX*1), X2
	MOVOU 48(SI)(AX*1), X3
	JUDGE(X0, X4, X8)
	JUDGE(X1, X5, X9)
	JUDGE(X2, X6, X10)
	JUDGE(X3, X7, X11)
	PAND  X1, X0
	PAND  X3, X2
	POR   X5, X4
	POR   X7, X6
	PAND  X2, X0
	POR   X6, X4
	PANDN X0, X4               // greater, and neither quote nor backslash
	PMOVMSKB X4, BX
	CMPL  BX, $0xffff
	JNE   done
	ADDQ  $64, AX
	JMP   loop

done:
	MOVQ AX, ret+32(FP)
	RET
