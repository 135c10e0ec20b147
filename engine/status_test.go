package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// constants returns the values of a file's constants of the given type by
// their names, read from the source so that a new one can't be forgotten.
func constants(t *testing.T, file, typeName string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	values := make(map[string]string)
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			values[spec.Names[0].Name] = value
		}
		return true
	})
	require.NotEmpty(t, values)
	return values
}

// cases returns the names that the switches of a function handle.
func cases(t *testing.T, file, function string) map[string]bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, decl := range parsed.Decls {
		if fn, ok := decl.(*ast.FuncDecl); !ok || fn.Name.Name != function {
			continue
		}
		ast.Inspect(decl, func(node ast.Node) bool {
			if clause, ok := node.(*ast.CaseClause); ok {
				for _, expr := range clause.List {
					names[expr.(*ast.Ident).Name] = true
				}
			}
			return true
		})
	}
	return names
}

func TestEveryStateIsHandled(t *testing.T) {
	seen := make(map[string]string)
	for name, value := range constants(t, "status.go", "State") {
		status := Status{State: State(value)}
		sentence := status.Sentence()
		require.True(t, strings.HasSuffix(sentence, "."), "%s: %q", name, sentence)
		require.NotEqual(t, "Unknown.", sentence, name)
		require.Empty(t, seen[sentence], "%s has the sentence of another", name)
		seen[sentence] = name
		for _, function := range []string{"Final", "Actor", "Sentence"} {
			require.True(t, cases(t, "status.go", function)[name], "%s doesn't handle %s", function, name)
		}
		if status.Final() {
			require.Equal(t, ActorPerson, status.Actor(), "only a person ends %s", name)
		}
	}
	require.Equal(t, "Unknown.", Status{State: "new"}.Sentence())
	require.Equal(t, ActorPerson, Status{State: "new"}.Actor())
}

func TestEveryReasonIsHandled(t *testing.T) {
	handled := cases(t, "status.go", "reasonSentence")
	states := constants(t, "status.go", "State")
	for name, value := range constants(t, "status.go", "Reason") {
		require.True(t, handled[name], "reasonSentence doesn't handle %s", name)
		for _, state := range states {
			sentence := Status{State: State(state), Reason: Reason(value)}.Sentence()
			require.True(t, strings.HasSuffix(sentence, "."), "%s, %s: %q", state, name, sentence)
		}
	}
}

func TestNumberTakenNamesTheSeatIfItMay(t *testing.T) {
	status := Status{State: StateStopped, Reason: ReasonNumberTaken}
	require.Contains(t, status.Sentence(), "another account")
	status.Detail = "Front desk"
	require.Contains(t, status.Sentence(), "“Front desk”")
}

func TestStatusView(t *testing.T) {
	status := Status{State: StateConnected, Since: time.Unix(1, 0)}
	require.Equal(t, StatusView{
		State: StateConnected, Sentence: "Connected to WhatsApp.", Actor: ActorNobody, Since: time.Unix(1, 0),
	}, status.View())
	status.Until = time.Unix(2, 0)
	require.Equal(t, time.Unix(2, 0), *status.View().Until)
}

// The enumerations that the API documents are those that exist.
func TestViewsNameEveryValue(t *testing.T) {
	for _, test := range []struct {
		view                    any
		field, file, typeOfEnum string
	}{
		{StatusView{}, "State", "status.go", "State"},
		{StatusView{}, "Actor", "status.go", "Actor"},
		{MessageView{}, "Direction", "message.go", "Direction"},
		{MessageView{}, "Author", "message.go", "Author"},
		{MessageView{}, "Delivery", "message.go", "Delivery"},
	} {
		field, ok := reflect.TypeOf(test.view).FieldByName(test.field)
		require.True(t, ok)
		var want []string
		for _, value := range constants(t, test.file, test.typeOfEnum) {
			want = append(want, value)
		}
		require.ElementsMatch(t, want, strings.Split(field.Tag.Get("enum"), ","), test.field)
	}
}
