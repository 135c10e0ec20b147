package simulator

import (
	"crypto/rand"
	"fmt"
	"maps"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// receiptServerError says that a client could not get a file, and asks its phone to upload it again.
const receiptServerError = "server-error"

// A client that finds a file gone asks its own phone with an encrypted receipt. The phone uploads the file again and the
// answer, encrypted with the file's key as well, tells the new address (whatsmeow, mediaretry.go; Baileys,
// messages-media.ts, whose codes for what can go wrong are the numbers of the result).
const (
	retryIVSize   = 12
	retryNotFound = int(waMmsRetry.MediaRetryNotification_NOT_FOUND)
	retryUnread   = int(waMmsRetry.MediaRetryNotification_DECRYPTION_ERROR)
)

// askedForFile answers one of the phone's own clients.
func (p *Phone) askedForFile(n *binary.Node) {
	from, _ := jidAttr(n, "from")
	requester := p.server().directory.device(from)
	if requester == nil || requester.account != p.account || attr(n, "id") == "" {
		return
	}
	about, ok := n.GetOptionalChildByTag("rmr")
	if !ok {
		p.repeatHistory(requester, n)
		return
	}
	if _, ok = jidAttr(&about, "jid"); !ok {
		return
	}
	answer := p.fileAgain(n)
	requester.push(p.server().notification(p.account.as(from), "mediaretry", binary.Attrs{"id": attr(n, "id")},
		binary.Node{Tag: "rmr", Attrs: maps.Clone(about.Attrs)}, answer))
}

// fileAgain uploads a message's file again and makes the answer.
func (p *Phone) fileAgain(n *binary.Node) binary.Node {
	id := attr(n, "id")
	written, err := p.writtenBy(id)
	if err != nil {
		return retryError(retryNotFound)
	}
	_, file, ok := fileOf(written)
	if !ok || len(file.GetMediaKey()) == 0 {
		return retryError(retryNotFound)
	}
	if !readableRetry(n, file, id) {
		return retryError(retryUnread)
	}
	result := &waMmsRetry.MediaRetryNotification{StanzaID: proto.String(id)}
	if hit := p.server().faults.next(FaultMediaLost, p.Number()); hit != nil {
		if result.Result = retryResult(hit.Code); result.GetResult() == waMmsRetry.MediaRetryNotification_NOT_FOUND {
			return retryError(retryNotFound)
		}
	} else if again, err := p.server().media.Again(p.Number(), file); err != nil {
		return retryError(retryNotFound)
	} else {
		result.Result, result.DirectPath = waMmsRetry.MediaRetryNotification_SUCCESS.Enum(), proto.String(again.DirectPath)
	}
	answer, err := sealRetry(file, id, result)
	if err != nil {
		p.server().log.Error("answer about a file can't be made", "error", err)
		return retryError(int(waMmsRetry.MediaRetryNotification_GENERAL_ERROR))
	}
	return answer
}

// retryResult is what a fault's code stands for; Baileys gives the results these codes.
func retryResult(code int) *waMmsRetry.MediaRetryNotification_ResultType {
	switch code {
	case 412:
		return waMmsRetry.MediaRetryNotification_DECRYPTION_ERROR.Enum()
	case 418:
		return waMmsRetry.MediaRetryNotification_GENERAL_ERROR.Enum()
	default:
		return waMmsRetry.MediaRetryNotification_NOT_FOUND.Enum()
	}
}

func retryError(code int) binary.Node {
	return binary.Node{Tag: "error", Attrs: binary.Attrs{"code": code}}
}

func retryKey(file media.Described) []byte {
	return hkdfutil.SHA256(file.GetMediaKey(), nil, []byte("WhatsApp Media Retry Notification"), 32)
}

// readableRetry says whether the request shows that its sender has the file's key. Real phones answer without it too
// (Baileys, encryptMediaRetryRequest), but not to a wrong one.
func readableRetry(n *binary.Node, file media.Described, id string) bool {
	sealed, iv := childContent(n, "encrypt", "enc_p"), childContent(n, "encrypt", "enc_iv")
	if sealed == nil && iv == nil {
		return true
	}
	if len(iv) != retryIVSize {
		return false
	}
	plain, err := gcmutil.Decrypt(retryKey(file), iv, sealed, []byte(id))
	if err != nil {
		return false
	}
	request := new(waMmsRetry.ServerErrorReceipt)
	return proto.Unmarshal(plain, request) == nil && request.GetStanzaID() == id
}

func sealRetry(file media.Described, id string, result *waMmsRetry.MediaRetryNotification) (binary.Node, error) {
	plain, err := proto.Marshal(result)
	if err != nil {
		return binary.Node{}, fmt.Errorf("encode result: %w", err)
	}
	iv := make([]byte, retryIVSize)
	if _, err = rand.Read(iv); err != nil {
		return binary.Node{}, fmt.Errorf("draw iv: %w", err)
	}
	sealed, err := gcmutil.Encrypt(retryKey(file), iv, plain, []byte(id))
	if err != nil {
		return binary.Node{}, fmt.Errorf("encrypt result: %w", err)
	}
	return binary.Node{Tag: "encrypt", Content: []binary.Node{{Tag: "enc_p", Content: sealed}, {Tag: "enc_iv", Content: iv}}}, nil
}
