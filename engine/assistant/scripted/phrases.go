package scripted

// language is one that the script speaks.
type language int

// The languages.
const (
	english language = iota
	afrikaans
	zulu
	languages // how many there are
)

// goal is what a lead wants.
type goal int

// The goals. The zero goal is not known yet.
const (
	unknown goal = iota
	buy
	sell
	rent
	let
	goals // one more than there are
)

// topic is what a question asks for, in the order in which they are asked.
type topic int

// The topics. The zero topic is none.
const (
	nothing topic = iota
	aim
	area
	budget
	timing
	viewing
	topics // one more than there are
)

// phrases are the script in one language.
type phrases struct {
	intro    string // says that this is a script
	identity string // the answer to "who are you?"
	noted    string // repeats what was learned
	closing  string // repeats everything and ends
	later    string // answers what comes after the end
	person   string // the lead wants a person
	pass     string // the lead asked something
	media    string // the lead sent something that is not text
	aim      string // the first question
	goals    [goals]string
	asks     [topics][goals]string
}

// script returns the script in a language.
func script(l language) phrases {
	switch l {
	case afrikaans:
		return afrikaansScript()
	case zulu:
		return zuluScript()
	default:
		return englishScript()
	}
}

func englishScript() phrases {
	return phrases{
		intro:    "Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script.",
		identity: "I'm Aibud's scripted demo assistant: not Gemini, and not a person.",
		noted:    "Thanks, noted: %s.",
		closing:  "Thank you! I have noted: %s. The agent takes it from here and replies to you in this chat.",
		later:    "Thanks, I pass that on to the agent, who will reply to you in this chat.",
		person:   "Of course. I let the agent know, who will reply to you in this chat.",
		pass:     "I pass your question on to the agent.",
		media:    "Thanks for what you sent; I can't see or hear it, but the agent can.",
		aim:      "Are you looking to buy, sell or rent?",
		goals:    [goals]string{buy: "buying", sell: "selling", rent: "renting", let: "letting"},
		asks: [topics][goals]string{
			area: {
				buy: "Which area would you like to buy in?", rent: "Which area would you like to rent in?",
				sell: "Which area is the property in?", let: "Which area is the property in?",
			},
			budget: {
				buy: "What is your budget, more or less?", rent: "What is your budget per month?",
				sell: "What price do you have in mind?", let: "What rent per month do you have in mind?",
			},
			timing: {
				buy: "When would you like to buy?", rent: "When would you like to move in?",
				sell: "When would you like to sell?", let: "From when is it available?",
			},
			viewing: {
				buy: "Which day would suit you for a viewing?", rent: "Which day would suit you for a viewing?",
				sell: "Which day may the agent come and see the property?", let: "Which day may the agent come and see the property?",
			},
		},
	}
}

func afrikaansScript() phrases {
	return phrases{
		intro:    "Hallo! Ek is Aibud se demo-assistent en werk volgens 'n vaste draaiboek, nie met Gemini nie.",
		identity: "Ek is Aibud se demo-assistent: 'n vaste draaiboek, nie Gemini nie en nie 'n mens nie.",
		noted:    "Dankie, ek het dit so: %s.",
		closing:  "Baie dankie! Ek het dit so: %s. Die agent neem dit van hier af en antwoord jou hier.",
		later:    "Dankie, ek gee dit vir die agent deur, wat jou hier sal antwoord.",
		person:   "Natuurlik. Ek laat weet die agent, wat jou hier sal antwoord.",
		pass:     "Ek gee jou vraag vir die agent deur.",
		media:    "Dankie vir wat jy gestuur het; ek kan dit nie sien of hoor nie, maar die agent kan.",
		aim:      "Wil jy koop, verkoop of huur?",
		goals:    [goals]string{buy: "koop", sell: "verkoop", rent: "huur", let: "verhuur"},
		asks: [topics][goals]string{
			area: {
				buy: "In watter area wil jy koop?", rent: "In watter area wil jy huur?",
				sell: "In watter area is die eiendom?", let: "In watter area is die eiendom?",
			},
			budget: {
				buy: "Wat is jou begroting, min of meer?", rent: "Wat is jou begroting per maand?",
				sell: "Watter prys het jy in gedagte?", let: "Watter huurgeld per maand het jy in gedagte?",
			},
			timing: {
				buy: "Wanneer wil jy graag koop?", rent: "Wanneer wil jy graag intrek?",
				sell: "Wanneer wil jy graag verkoop?", let: "Vanaf wanneer is dit beskikbaar?",
			},
			viewing: {
				buy: "Watter dag pas jou om te gaan kyk?", rent: "Watter dag pas jou om te gaan kyk?",
				sell: "Watter dag kan die agent na die eiendom kom kyk?", let: "Watter dag kan die agent na die eiendom kom kyk?",
			},
		},
	}
}

func zuluScript() phrases {
	return phrases{
		intro:    "Sawubona! Ngingumsizi wedemo ka-Aibud osebenzisa umbhalo olungisiwe, hhayi i-Gemini.",
		identity: "Ngingumsizi wedemo ka-Aibud: umbhalo olungisiwe, hhayi i-Gemini, futhi angiyena umuntu.",
		noted:    "Ngiyabonga, ngibhale lokhu: %s.",
		closing:  "Ngiyabonga kakhulu! Ngibhale lokhu: %s. I-ejenti izoqhubeka ikuphendule lapha.",
		later:    "Ngiyabonga, ngizokudlulisela ku-ejenti, izokuphendula lapha.",
		person:   "Kulungile. Ngizokwazisa i-ejenti, izokuphendula lapha.",
		pass:     "Ngizodlulisela umbuzo wakho ku-ejenti.",
		media:    "Ngiyabonga ngalokho okuthumele; angikwazi ukukubona noma ukukuzwa, kodwa i-ejenti iyakwazi.",
		aim:      "Ufuna ukuthenga, ukuthengisa noma ukuqasha?",
		goals:    [goals]string{buy: "ukuthenga", sell: "ukuthengisa", rent: "ukuqasha", let: "ukuqashisa"},
		asks: [topics][goals]string{
			area: {
				buy: "Ufuna ukuthenga kuyiphi indawo?", rent: "Ufuna ukuqasha kuyiphi indawo?",
				sell: "Indlu yakho ikuyiphi indawo?", let: "Indlu yakho ikuyiphi indawo?",
			},
			budget: {
				buy: "Ibhajethi yakho ingakanani?", rent: "Ibhajethi yakho ngenyanga ingakanani?",
				sell: "Ucabanga intengo engakanani?", let: "Ucabanga irenti engakanani ngenyanga?",
			},
			timing: {
				buy: "Ufuna ukuthenga nini?", rent: "Ufuna ukungena nini?",
				sell: "Ufuna ukuthengisa nini?", let: "Izotholakala kusukela nini?",
			},
			viewing: {
				buy: "Yiluphi usuku olukulungele lokubuka indlu?", rent: "Yiluphi usuku olukulungele lokubuka indlu?",
				sell: "Yiluphi usuku i-ejenti engeza ngalo ukubona indlu yakho?", let: "Yiluphi usuku i-ejenti engeza ngalo ukubona indlu yakho?",
			},
		},
	}
}
