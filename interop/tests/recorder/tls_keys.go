package recorder

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"errors"
	"hash"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// tlsSuite is what the two ends have agreed on.
type tlsSuite struct {
	id   uint16
	name string
	size int // of a key; 0 if it cannot be read here
	hash func() hash.Hash
}

func newTLSSuite(id uint16) tlsSuite {
	s := tlsSuite{id: id, name: tls.CipherSuiteName(id), hash: sha256.New}
	switch {
	case strings.Contains(s.name, "AES_128_GCM"):
		s.size = 16
	case strings.Contains(s.name, "AES_256_GCM"), s.is13() && strings.Contains(s.name, "CHACHA20"):
		s.size = 32
	}
	if strings.HasSuffix(s.name, "SHA384") {
		s.hash = sha512.New384
	}
	return s
}

func (s tlsSuite) is13() bool { return s.id>>8 == 0x13 }

func (s tlsSuite) opener(key []byte) (cipher.AEAD, error) {
	if strings.Contains(s.name, "CHACHA20") {
		return chacha20poly1305.New(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// secrets returns what a side encrypts with from now on.
func (t *tlsReader) secrets(from Side) (cipher.AEAD, []byte, error) {
	if t.suite.is13() {
		return t.secrets13(from)
	}
	return t.secrets12(from)
}

func (t *tlsReader) secrets13(from Side) (cipher.AEAD, []byte, error) {
	label := map[Side]string{Dialler: "CLIENT", Listener: "SERVER"}[from]
	if t.sides[from].finished {
		label += "_TRAFFIC_SECRET_0"
	} else {
		label += "_HANDSHAKE_TRAFFIC_SECRET"
	}
	secret, err := t.secret(label)
	if err != nil {
		return nil, nil, err
	}
	const ivSize = 12
	key, err := t.suite.expand(secret, "key", t.suite.size)
	if err != nil {
		return nil, nil, err
	}
	iv, err := t.suite.expand(secret, "iv", ivSize)
	if err != nil {
		return nil, nil, err
	}
	opener, err := t.suite.opener(key)
	return opener, iv, err
}

// expand is HKDF-Expand-Label of RFC 8446, 7.1, without a context.
func (s tlsSuite) expand(secret []byte, label string, n int) ([]byte, error) {
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	return hkdf.Expand(s.hash, secret, string(append(info, 0)), n)
}

func (t *tlsReader) secrets12(from Side) (cipher.AEAD, []byte, error) {
	master, err := t.secret("CLIENT_RANDOM")
	if err != nil {
		return nil, nil, err
	}
	const ivSize = 4 // of GCM; the rest of the nonce is in each record
	seed := append(append([]byte("key expansion"), t.random.server...), t.random.client...)
	block := t.suite.prf(master, seed, 2*t.suite.size+2*ivSize)
	keys, ivs := block[:2*t.suite.size], block[2*t.suite.size:]
	opener, err := t.suite.opener(keys[int(from)*t.suite.size:][:t.suite.size])
	return opener, ivs[int(from)*ivSize:][:ivSize], err
}

// prf is P_hash of RFC 5246, 5: n bytes.
func (s tlsSuite) prf(secret, seed []byte, n int) (out []byte) {
	sum := func(parts ...[]byte) []byte {
		h := hmac.New(s.hash, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

// readKeyLog returns what has been logged so far.
func readKeyLog(file string) (string, error) {
	log, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNoSecret // nobody has begun
	}
	return string(log), err
}
