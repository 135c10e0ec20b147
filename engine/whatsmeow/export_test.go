package whatsmeow

import (
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/myaibud/aibud/engine"
)

// ForgetProof makes the library forget that it is the client that was
// scanned, as it does by itself after five minutes (passkeyHandoffKey).
func ForgetProof(client engine.Client) {
	key := reflect.ValueOf(client.(*Client).current().wm).Elem().FieldByName("passkeyHandoffKey")
	atomic.StorePointer((*unsafe.Pointer)(unsafe.Pointer(key.UnsafeAddr())), nil)
}
