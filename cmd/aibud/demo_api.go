package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/web"
)

// demoBodyLimit bounds what the demo's page may send.
const demoBodyLimit = 512 << 10

// typingShown is how long 'typing…' is shown after the last sign of it, as
// WhatsApp does.
const typingShown = 25 * time.Second

// handler serves the page that plays a lead's phone, and what it calls. It
// exists in the demo only.
func (w *world) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /demo", web.PhoneHandler())
	mux.Handle("GET /demo/", web.PhoneHandler())
	mux.HandleFunc("GET /demo/signin", w.signIn)
	mux.HandleFunc("GET /demo/api/state", w.state)
	mux.HandleFunc("GET /demo/api/messages", w.messages)
	mux.HandleFunc("POST /demo/api/messages", w.send)
	mux.HandleFunc("POST /demo/api/read", w.read)
	mux.HandleFunc("POST /demo/api/typing", w.typing)
	mux.HandleFunc("POST /demo/api/scan", w.scan)
	settled := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-w.ready:
			mux.ServeHTTP(rw, r)
		default:
			problem(rw, http.StatusServiceUnavailable, "The demo is still being prepared. Try again in a moment.")
		}
	})
	return http.NewCrossOriginProtection().Handler(settled)
}

// signIn signs the visitor in and leads to the dashboard.
func (w *world) signIn(rw http.ResponseWriter, r *http.Request) {
	response, err := postJSON(r.Context(), w.server.url()+"/v1/signin", map[string]string{
		"email": demoUser.Email, "password": demoUser.Password,
	})
	if err != nil {
		problem(rw, http.StatusBadGateway, "Signing in did not work. Try again.")
		return
	}
	defer response.Body.Close()
	for _, cookie := range response.Header.Values("Set-Cookie") {
		rw.Header().Add("Set-Cookie", cookie)
	}
	http.Redirect(rw, r, "/conversations", http.StatusSeeOther)
}

type demoPerson struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

type demoSeat struct {
	ID    engine.SeatID `json:"id"`
	Name  string        `json:"name"`
	Phone string        `json:"phone"`
	State engine.State  `json:"state"`
	// CodeFor is the number of the phone that a code on the dashboard is for,
	// in digits; empty if it shows a QR code.
	CodeFor string `json:"code_for,omitempty"`
}

// state lists the leads, the seats, and the phones that may become one.
func (w *world) state(rw http.ResponseWriter, r *http.Request) {
	seats, err := w.server.store.Tenant(w.tenant).Seats(r.Context())
	if err != nil {
		problem(rw, http.StatusInternalServerError, engine.MessageOf(err))
		return
	}
	answer := struct {
		Leads []demoPerson `json:"leads"`
		Seats []demoSeat   `json:"seats"`
		Spare []demoPerson `json:"spare"`
	}{Leads: people(w.leads), Seats: []demoSeat{}}
	inUse := make(map[string]bool)
	for _, seat := range seats {
		listed := demoSeat{ID: seat.ID, Name: seat.Name, Phone: seat.Phone, State: seat.Status.State}
		if seat.Pairing != nil && seat.Pairing.Step == engine.PairCode {
			listed.CodeFor = seat.Pairing.Phone
		}
		answer.Seats = append(answer.Seats, listed)
		inUse[seat.Phone] = seat.Linked
	}
	free := make([]*simulator.Phone, 0, len(w.spares))
	for _, phone := range append(append([]*simulator.Phone{}, w.spares...), w.seats...) {
		if !inUse[phone.Number()] {
			free = append(free, phone)
		}
	}
	answer.Spare = people(free)
	respond(rw, http.StatusOK, answer)
}

func people(phones []*simulator.Phone) []demoPerson {
	list := make([]demoPerson, 0, len(phones))
	for _, phone := range phones {
		list = append(list, demoPerson{phone.Number(), phone.Name()})
	}
	return list
}

type demoMessage struct {
	ID      string    `json:"id"`
	With    string    `json:"with"`
	FromMe  bool      `json:"from_me"`
	Text    string    `json:"text"`
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Receipt string    `json:"receipt"`
	Unread  bool      `json:"unread"` // nobody has looked at it on this phone
}

// messages lists what a lead's phone shows, and who is typing to it.
func (w *world) messages(rw http.ResponseWriter, r *http.Request) {
	lead := w.lead(rw, r.URL.Query().Get("lead"))
	if lead == nil {
		return
	}
	answer := struct {
		Items  []demoMessage `json:"items"`
		Typing []string      `json:"typing"`
	}{Items: []demoMessage{}, Typing: typingTo(lead)}
	for _, message := range lead.Messages(0) {
		if strings.Contains(message.To, "@") { // a group or another room, which this phone doesn't show
			continue
		}
		with := message.From
		if message.FromMe {
			with = message.To
		}
		answer.Items = append(answer.Items, demoMessage{
			ID: message.ID, With: with, FromMe: message.FromMe, Text: message.Text,
			Kind: message.Kind, At: message.Timestamp, Receipt: receiptOf(message), Unread: w.isUnread(lead, message),
		})
	}
	respond(rw, http.StatusOK, answer)
}

func receiptOf(message simulator.Message) string {
	switch {
	case !message.FromMe:
		return ""
	case message.Has(simulator.ReceiptRead):
		return "read"
	case len(message.Receipts) > 0:
		return "delivered"
	default:
		return "sent"
	}
}

// typingTo lists the numbers that show 'typing…' on a phone. A message ends it.
func typingTo(phone *simulator.Phone) []string {
	typing := make(map[string]time.Time) // since when
	for _, event := range phone.Events() {
		switch event.Kind {
		case simulator.EventComposing:
			typing[event.From] = event.Timestamp
		case simulator.EventPaused:
			delete(typing, event.From)
		}
	}
	for _, message := range phone.Messages(0) {
		if since, known := typing[message.From]; known && message.Timestamp.After(since) {
			delete(typing, message.From)
		}
	}
	numbers := make([]string, 0, len(typing))
	for number, since := range typing {
		if time.Since(since) < typingShown {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// isUnread says whether nobody has looked at a message on a lead's phone.
func (w *world) isUnread(lead *simulator.Phone, message simulator.Message) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !message.FromMe && !w.seen[lead.Number()+message.ID]
}

// read looks at messages on a lead's phone, which the seat learns as blue
// ticks.
func (w *world) read(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Lead string
		IDs  []string
	}
	if !decode(rw, r, &body) {
		return
	}
	lead := w.lead(rw, body.Lead)
	if lead == nil {
		return
	}
	if err := lead.Read(r.Context(), body.IDs...); err != nil {
		problem(rw, http.StatusNotFound, "There is no such message on this phone.")
		return
	}
	w.mu.Lock()
	for _, id := range body.IDs {
		w.seen[lead.Number()+id] = true
	}
	w.mu.Unlock()
	respond(rw, http.StatusOK, struct{}{})
}

// send writes as a lead.
func (w *world) send(rw http.ResponseWriter, r *http.Request) {
	var body struct{ Lead, To, Text string }
	if !decode(rw, r, &body) {
		return
	}
	lead := w.lead(rw, body.Lead)
	if lead == nil {
		return
	}
	if err := engine.CheckText(body.Text); err != nil {
		problem(rw, http.StatusUnprocessableEntity, engine.MessageOf(err))
		return
	}
	id, err := lead.SendText(r.Context(), body.To, body.Text)
	if err != nil {
		problem(rw, http.StatusUnprocessableEntity, "That number has no WhatsApp in this demo.")
		return
	}
	respond(rw, http.StatusCreated, map[string]string{"id": id})
}

// typing shows or ends 'typing…' of a lead.
func (w *world) typing(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Lead, To string
		On       bool
	}
	if !decode(rw, r, &body) {
		return
	}
	lead := w.lead(rw, body.Lead)
	if lead == nil {
		return
	}
	if err := lead.Typing(r.Context(), body.To, body.On); err != nil {
		problem(rw, http.StatusUnprocessableEntity, "That number has no WhatsApp in this demo.")
		return
	}
	respond(rw, http.StatusOK, struct{}{})
}

// scan holds a phone's camera to the QR code that the dashboard shows, or types
// the code into it that the dashboard shows instead.
func (w *world) scan(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Seat  engine.SeatID
		Phone string
	}
	if !decode(rw, r, &body) {
		return
	}
	phone, ok := w.simulator.Phone(body.Phone)
	if !ok {
		problem(rw, http.StatusNotFound, "There is no such phone in this demo.")
		return
	}
	seat, err := w.server.store.Tenant(w.tenant).Seat(r.Context(), body.Seat)
	if err != nil {
		problem(rw, http.StatusNotFound, engine.MessageOf(err))
		return
	}
	if seat.Pairing == nil {
		problem(rw, http.StatusConflict, "The dashboard shows no code for this seat now. Press “Pair a phone” there first.")
		return
	}
	link := phone.Scan
	if seat.Pairing.Step == engine.PairCode {
		link = phone.Link
	}
	device, err := link(r.Context(), seat.Pairing.Code)
	if err != nil {
		problem(rw, http.StatusConflict, "The phone could not be linked. If the dashboard doesn't say why, try again with the code that it shows now.")
		return
	}
	respond(rw, http.StatusOK, map[string]any{"device": device.ID})
}

// lead finds a lead's phone or answers that there is none.
func (w *world) lead(rw http.ResponseWriter, number string) *simulator.Phone {
	for _, phone := range w.leads {
		if phone.Number() == number {
			return phone
		}
	}
	problem(rw, http.StatusNotFound, "There is no such lead in this demo.")
	return nil
}

func decode(rw http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(rw, r.Body, demoBodyLimit))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		return true
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		problem(rw, http.StatusRequestEntityTooLarge, "The request is too large.")
	} else {
		problem(rw, http.StatusBadRequest, "The request is not the JSON that is expected here.")
	}
	return false
}

func respond(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body) // the client went away: nobody is left to tell
}

func problem(rw http.ResponseWriter, status int, detail string) {
	rw.Header().Set("Content-Type", "application/problem+json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}
