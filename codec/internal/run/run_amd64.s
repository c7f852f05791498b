#include "textflag.h"

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

// func blocksSSE2(p *byte, n int, k kind) int
TEXT ·blocksSSE2(SB), NOSPLIT, $0-48
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
	MOVQ AX, ret+40(FP)
	RET

// The quote and the backslash, each at the index of its lower four bits. A zero
// is equal to no byte that VPSHUFB finds it for but the byte 0, which is below
// the bounds.
DATA ends<>+0(SB)/8, $0x0000000000220000
DATA ends<>+8(SB)/8, $0x0000005c00000000
GLOBL ends<>(SB), RODATA|NOPTR, $16

// func blocksAVX2(p *byte, n int, most uint64) int
TEXT ·blocksAVX2(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTI128 ends<>(SB), Y13
	MOVQ $0x2020202020202020, AX
	VMOVQ AX, X14 // not MOVQ: mixing both kinds of instructions costs 100 ns
	VPBROADCASTQ X14, Y14
	VPBROADCASTQ most+16(FP), Y15
	XORL AX, AX

loop:
	CMPQ     AX, CX
	JGE      done
	VMOVDQU  (SI)(AX*1), Y0
	VMOVDQU  32(SI)(AX*1), Y1
	VPSHUFB  Y0, Y13, Y2
	VPSHUFB  Y1, Y13, Y3
	VPCMPEQB Y0, Y2, Y2   // quotes and backslashes
	VPCMPEQB Y1, Y3, Y3
	VPMINSB  Y0, Y1, Y4
	VPMAXSB  Y0, Y1, Y5
	VPOR     Y2, Y3, Y2
	VPCMPGTB Y4, Y14, Y4  // less than a space, as all past ASCII are, being negative
	VPCMPGTB Y15, Y5, Y5
	VPOR     Y4, Y2, Y2
	VPOR     Y5, Y2, Y2
	VPMOVMSKB Y2, BX
	TESTL    BX, BX
	JNE      done
	ADDQ     $64, AX
	JMP      loop

done:
	VZEROUPPER
	MOVQ AX, ret+24(FP)
	RET

// func ascii(p *byte, n int) int
TEXT ·ascii(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	XORL AX, AX

loop:
	CMPQ  AX, CX
	JGE   done
	MOVOU (SI)(AX*1), X0
	MOVOU 16(SI)(AX*1), X1
	MOVOU 32(SI)(AX*1), X2
	MOVOU 48(SI)(AX*1), X3
	POR   X1, X0
	POR   X3, X2
	POR   X2, X0
	PMOVMSKB X0, BX
	TESTL BX, BX
	JNE   done
	ADDQ  $64, AX
	JMP   loop

done:
	MOVQ AX, ret+16(FP)
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7 // the greatest leaf
	JLT  no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $(1<<27 | 1<<28), CX // OSXSAVE, AVX
	CMPL CX, $(1<<27 | 1<<28)
	JNE  no
	XORL CX, CX
	XGETBV
	ANDL $6, AX // the system saves XMM and YMM
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $5, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)
no:
	RET
