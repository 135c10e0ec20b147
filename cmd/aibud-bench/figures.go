package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// figure is one line of the table.
type figure struct {
	Name     string   `json:"name"`
	Unit     string   `json:"unit,omitempty"`
	Value    float64  `json:"value"`
	Baseline *float64 `json:"baseline,omitempty"` // bare whatsmeow's, if there is such a thing
	Ratio    *float64 `json:"ratio,omitempty"`
	Reach    string   `json:"reach,omitempty"` // what it should be
	Reached  *bool    `json:"reached,omitempty"`
}

// plain is a figure without a baseline.
func plain(name, unit string, value float64) figure {
	return figure{Name: name, Unit: unit, Value: value}
}

// against is a figure with the baseline's.
func against(name, unit string, value, baseline float64) figure {
	ratio := value / max(baseline, 1e-9) // a few texts may cost less than CPU time is counted in
	return figure{Name: name, Unit: unit, Value: value, Baseline: &baseline, Ratio: &ratio}
}

// ratioAtMost says what the ratio should be, and ratioAtLeast, most and least
// the same of ratio and value.
func (f figure) ratioAtMost(x float64) figure {
	return f.reach(fmt.Sprintf("≤ %.1f ×", x), *f.Ratio <= x)
}

func (f figure) ratioAtLeast(x float64) figure {
	return f.reach(fmt.Sprintf("≥ %.1f ×", x), *f.Ratio >= x)
}

func (f figure) most(x float64) figure {
	return f.reach(fmt.Sprintf("≤ %.0f %s", x, f.Unit), f.Value <= x)
}

func (f figure) least(x float64) figure {
	return f.reach(fmt.Sprintf("≥ %.0f %s", x, f.Unit), f.Value >= x)
}

func (f figure) reach(text string, reached bool) figure {
	f.Reach, f.Reached = text, &reached
	return f
}

// report prints figures as a table, or as one line of JSON each.
func report(w io.Writer, figures []figure, asJSON bool) error {
	if asJSON {
		for _, f := range figures {
			if err := json.NewEncoder(w).Encode(f); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "figure\taibud\tbare whatsmeow\tratio\tto reach\treached")
	for _, f := range figures {
		baseline, ratio, reached := "", "", ""
		if f.Baseline != nil {
			baseline, ratio = fmt.Sprintf("%.1f %s", *f.Baseline, f.Unit), fmt.Sprintf("%.2f ×", *f.Ratio)
		}
		if f.Reached != nil {
			reached = map[bool]string{true: "yes", false: "no"}[*f.Reached]
		}
		fmt.Fprintf(table, "%s\t%.1f %s\t%s\t%s\t%s\t%s\n", f.Name, f.Value, f.Unit, baseline, ratio, f.Reach, reached)
	}
	return table.Flush()
}
