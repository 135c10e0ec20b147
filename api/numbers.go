package api

import (
	"context"
	"strings"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

// region is the country whose numbers the user's agency writes without a
// country code.
func (s *Server) region(ctx context.Context) (string, error) {
	settings, err := s.tenant(ctx).Settings(ctx)
	return settings.Region, err
}

// typed reads a number that a person typed into a field.
func (s *Server) typed(ctx context.Context, field, text string) (phone.Number, error) {
	region, err := s.region(ctx)
	if err != nil {
		return "", err
	}
	number, err := phone.Parse(text, region)
	if err != nil {
		return "", invalid(field, engine.MessageOf(err))
	}
	return number, nil
}

// numbers reads what names numbers in a request of a program.
func (s *Server) numbers(ctx context.Context, texts []string) ([]phone.Number, error) {
	list := make([]phone.Number, len(texts))
	region := ""
	for i, text := range texts {
		var err error
		if region == "" && !phone.IsCanonical(text) {
			if region, err = s.region(ctx); err != nil {
				return nil, err
			}
		}
		if list[i], err = phone.Canonical(text, region); err != nil {
			return nil, ofMany(err, i, len(texts))
		}
	}
	return list, nil
}

// ofMany says which of several is meant by what is wrong with it.
func ofMany(err error, i, of int) error {
	if of == 1 || engine.CodeOf(err) != engine.CodeInvalid {
		return err
	}
	return engine.Errorf(engine.CodeInvalid, "No. %d of these %d: %s", i+1, of, engine.MessageOf(err))
}

// people reads what names people in a request: phone numbers, or addresses as
// answers have them. WhatsApp is asked about numbers whose account may have
// another form of it, if the client can.
func (s *Server) people(ctx context.Context, client any, names []string) ([]engine.Address, error) {
	list := make([]engine.Address, len(names))
	var unsure []phone.Number
	var at []int
	for i, name := range names {
		if strings.ContainsRune(name, '@') {
			list[i] = engine.Address(name)
			if err := engine.CheckPerson(list[i]); err != nil {
				return nil, ofMany(err, i, len(names))
			}
			continue
		}
		number, err := s.numbers(ctx, []string{name})
		if err != nil {
			return nil, ofMany(err, i, len(names))
		}
		list[i] = engine.PhoneAddress(string(number[0]))
		if len(number[0].Forms()) > 1 {
			unsure, at = append(unsure, number[0]), append(at, i)
		}
	}
	asked, able := client.(engine.People)
	if !able || len(unsure) == 0 {
		return list, nil
	}
	found, err := phone.Lookup(ctx, asked, unsure)
	if err != nil {
		return nil, err
	}
	for i, info := range found {
		if info.Person != nil {
			list[at[i]] = info.Person.Address()
		}
	}
	return list, nil
}

// person is [Server.people] for one.
func (s *Server) person(ctx context.Context, client any, name string) (engine.Address, error) {
	list, err := s.people(ctx, client, []string{name})
	if err != nil {
		return "", err
	}
	return list[0], nil
}
