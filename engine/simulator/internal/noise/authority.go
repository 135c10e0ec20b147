package noise

import (
	"crypto/sha256"
	"fmt"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

const (
	rootSerial         = 0
	intermediateSerial = 1
	leafSerial         = 2
	// Certificates hold from a day ago (clocks differ) for a month.
	certBackdate = 24 * time.Hour
	certLifetime = 30 * 24 * time.Hour
)

// Authority is a server's static noise key with the certificate chain that vouches for it.
type Authority struct {
	root   *keys.KeyPair
	static *keys.KeyPair
	chain  []byte
}

// NewAuthority derives the root key from seed and issues a chain that is valid at now: root (known to clients) signs
// the intermediate certificate, which signs the leaf that names the static key.
func NewAuthority(seed [32]byte, now time.Time) (*Authority, error) {
	root := rootFromSeed(seed)
	intermediate, static := keys.NewKeyPair(), keys.NewKeyPair()
	middle, err := issue(root, intermediate.Pub, intermediateSerial, rootSerial, now)
	if err != nil {
		return nil, err
	}
	leaf, err := issue(intermediate, static.Pub, leafSerial, intermediateSerial, now)
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Leaf: leaf, Intermediate: middle})
	if err != nil {
		return nil, fmt.Errorf("encode certificate chain: %w", err)
	}
	return &Authority{root: root, static: static, chain: chain}, nil
}

// RootKey is the public key that clients must trust: whatsmeow's WACertPubKey.
func (a *Authority) RootKey() [32]byte { return *a.root.Pub }

func rootFromSeed(seed [32]byte) *keys.KeyPair {
	private := sha256.Sum256(append([]byte("aibud simulator root"), seed[:]...))
	private[0] &= 248
	private[31] = private[31]&127 | 64
	return keys.NewKeyPairFromPrivateKey(private)
}

func issue(issuer *keys.KeyPair, subject *[32]byte, serial, issuerSerial uint32, now time.Time) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial:       proto.Uint32(serial),
		IssuerSerial: proto.Uint32(issuerSerial),
		Key:          subject[:],
		NotBefore:    proto.Uint64(uint64(now.Add(-certBackdate).Unix())),
		NotAfter:     proto.Uint64(uint64(now.Add(certLifetime).Unix())),
	})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*issuer.Priv), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:]}, nil
}
