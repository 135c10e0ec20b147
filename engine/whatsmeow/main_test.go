package whatsmeow_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// rootSeed gives all simulators of these tests one root key, since the library
// trusts one for the whole process.
var rootSeed = [32]byte{7, 7, 7}

func TestMain(m *testing.M) {
	sim, err := simulator.Start(context.Background(), simulator.Config{RootSeed: &rootSeed})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	key := sim.RootKey()
	_ = sim.Close()
	if err := trustTLS(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	whatsmeow.Configure(whatsmeow.Process{Name: "Aibud test", RootKey: &key})
	// The library answers a phone's keys in a goroutine that no context ends
	// (message.go, handleProtocolMessage). If the connection ends just then, it
	// may wait for an answer until its own limit of 75 seconds.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow.(*Client).handleAppStateSyncKeyShare"))
}

// trustTLS lets this process trust the certificate that all servers of httptest
// have, in the way in which a machine's own are trusted.
func trustTLS() error {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file, err := os.CreateTemp("", "aibud-authority-*.pem")
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if _, err := file.Write(text); err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Setenv("SSL_CERT_FILE", file.Name())); err != nil {
		return err
	}
	if _, err := x509.SystemCertPool(); err != nil { // which is read once
		return err
	}
	return os.Remove(file.Name())
}
