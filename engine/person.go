package engine

// Person is somebody as WhatsApp names them in an answer. At least one of
// phone and LID is set.
type Person struct {
	Phone string  `json:"phone,omitempty" doc:"Digits with country code and without a plus; absent while WhatsApp hides it"`
	LID   Address `json:"lid,omitempty" doc:"WhatsApp's address of the person that doesn't tell the number"`
	Name  string  `json:"name,omitempty" doc:"What the person is called, as far as the answer tells"`
}

// PersonOf returns the person that a party is.
func PersonOf(p Party) Person { return Person{Phone: p.Phone.Number(), LID: p.LID, Name: p.Name} }

// Address returns the address by which requests name the person: the LID if
// it is known, as WhatsApp's own clients do. It is empty for nobody.
func (p Person) Address() Address {
	if p.LID != "" || p.Phone == "" {
		return p.LID
	}
	return PhoneAddress(p.Phone)
}
