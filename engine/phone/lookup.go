package phone

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// Lookup asks WhatsApp which numbers have an account, in whatever form, and
// answers in the order asked. Errors: those of [engine.People.OnWhatsApp].
func Lookup(ctx context.Context, people engine.People, numbers []Number) ([]engine.NumberInfo, error) {
	if len(numbers) == 0 || len(numbers) > engine.MaxNumbers {
		return nil, engine.CheckNumbers(make([]string, len(numbers)))
	}
	var forms []string
	asked := map[string]engine.NumberInfo{}
	for _, number := range numbers {
		for _, form := range number.Forms() {
			if _, twice := asked[string(form)]; !twice {
				asked[string(form)] = engine.NumberInfo{}
				forms = append(forms, string(form))
			}
		}
	}
	for len(forms) > 0 {
		batch := forms[:min(len(forms), engine.MaxNumbers)]
		forms = forms[len(batch):]
		found, err := people.OnWhatsApp(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, info := range found {
			asked[info.Number] = info
		}
	}
	answers := make([]engine.NumberInfo, len(numbers))
	for i, number := range numbers {
		answers[i] = first(asked, number)
	}
	return answers, nil
}

// first is the answer about the likeliest form of a number that has an account.
func first(asked map[string]engine.NumberInfo, number Number) engine.NumberInfo {
	for _, form := range number.Forms() {
		if info := asked[string(form)]; info.OnWhatsApp {
			info.Number = string(number)
			return info
		}
	}
	return engine.NumberInfo{Number: string(number)}
}
