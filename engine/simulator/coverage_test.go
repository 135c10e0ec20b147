package simulator_test

import (
	"go/ast"
	"go/build"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
)

// directive begins a line of a test's doc comment that names what the test covers.
const directive = "covers:"

// TestEverythingOfTheLibraryIsCovered holds the library's methods and events against the tests of this package: each has
// a test that claims it with a directive and mentions it, or a line with the reason in the table of doc.go. So a newer
// library that brings one more fails here.
func TestEverythingOfTheLibraryIsCovered(t *testing.T) {
	t.Parallel()
	wanted := append(clientMethods(), eventTypes(t)...)
	funcs := testFunctions(t)
	covered := make(map[string]string)
	for _, f := range funcs {
		for _, name := range f.covers {
			assert.Contains(t, wanted, name, "%s covers what the library doesn't have", f.name)
			assert.True(t, f.runs(funcs), "%s is no test, and no part of one, and covers %s", f.name, name)
			assert.True(t, f.mentionsNear(name, funcs), "%s says that it covers %s and doesn't mention it", f.name, name)
			covered[name] = f.name
		}
	}
	excused := excuses(t)
	for name, reason := range excused {
		assert.Contains(t, wanted, name, "doc.go excuses what the library doesn't have")
		assert.NotEmpty(t, reason, "doc.go excuses %s without a reason", name)
		assert.NotContains(t, covered, name, "doc.go excuses what a test covers")
	}
	missing := slices.DeleteFunc(wanted, func(name string) bool { return covered[name] != "" || excused[name] != "" })
	require.Empty(t, missing, "no test covers these and doc.go's table doesn't excuse them")
}

func clientMethods() []string {
	client := reflect.TypeFor[*whatsmeow.Client]()
	var names []string
	for i := range client.NumMethod() {
		names = append(names, client.Method(i).Name)
	}
	return names
}

// eventTypes reads the library's events package: its structs, since every event is a pointer to one.
func eventTypes(t *testing.T) []string {
	t.Helper()
	pkg, err := build.Import("go.mau.fi/whatsmeow/types/events", ".", build.FindOnly)
	require.NoError(t, err)
	var names []string
	for _, file := range parsed(t, pkg.Dir, "*.go") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if _, ok = spec.Type.(*ast.StructType); ok && spec.Name.IsExported() {
				names = append(names, "events."+spec.Name.Name)
			}
			return false
		})
	}
	require.NotEmpty(t, names)
	return names
}

func parsed(t *testing.T, dir, pattern string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// testFunction is a function of a test file: what its directive claims and what its body mentions.
type testFunction struct {
	name     string
	covers   []string
	mentions map[string]bool // methods by name, names of another package with the package's
	uses     map[string]bool // every name
}

func testFunctions(t *testing.T) []testFunction {
	t.Helper()
	var out []testFunction
	for _, file := range parsed(t, ".", "*_test.go") {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				out = append(out, testFunction{f.Name.Name, claims(f.Doc), mentions(f), uses(f)})
			}
		}
	}
	return out
}

func claims(doc *ast.CommentGroup) []string {
	if doc == nil {
		return nil
	}
	var names []string
	for _, line := range doc.List {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line.Text, "/ "), directive); ok {
			names = append(names, strings.Fields(rest)...)
		}
	}
	return names
}

func mentions(f *ast.FuncDecl) map[string]bool {
	out := make(map[string]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		if n, ok := n.(*ast.SelectorExpr); ok {
			out[n.Sel.Name] = true
			if pkg, ok := n.X.(*ast.Ident); ok {
				out[pkg.Name+"."+n.Sel.Name] = true
			}
		}
		return true
	})
	return out
}

func uses(f *ast.FuncDecl) map[string]bool {
	out := make(map[string]bool)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if n, ok := n.(*ast.Ident); ok {
			out[n.Name] = true
		}
		return true
	})
	return out
}

func (f testFunction) isTest() bool { return strings.HasPrefix(f.name, "Test") }

// runs says whether the function is a test or a part that a test runs.
func (f testFunction) runs(all []testFunction) bool {
	return f.isTest() || slices.ContainsFunc(all, func(test testFunction) bool { return test.isTest() && test.uses[f.name] })
}

// mentionsNear says whether the function mentions a name, or one that it uses does, or one that that uses.
func (f testFunction) mentionsNear(name string, all []testFunction) bool {
	const steps = 2
	near := []testFunction{f}
	for range steps + 1 {
		if slices.ContainsFunc(near, func(f testFunction) bool { return f.mentions[name] }) {
			return true
		}
		var next []testFunction
		for _, helper := range all {
			if !helper.isTest() && slices.ContainsFunc(near, func(f testFunction) bool { return f.uses[helper.name] }) {
				next = append(next, helper)
			}
		}
		near = next
	}
	return false
}

// excuses reads the list under the heading "Not covered" of doc.go: names, a colon, the reason.
func excuses(t *testing.T) map[string]string {
	t.Helper()
	file := parsed(t, ".", "doc.go")[0]
	out := make(map[string]string)
	here := false
	for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
		switch block := block.(type) {
		case *comment.Heading:
			here = plain(block.Text) == "Not covered"
		case *comment.List:
			if here {
				maps.Copy(out, excusesOf(t, block))
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

func excusesOf(t *testing.T, list *comment.List) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, item := range list.Items {
		for _, block := range item.Content {
			paragraph, ok := block.(*comment.Paragraph)
			require.True(t, ok)
			names, reason, ok := strings.Cut(plain(paragraph.Text), ":")
			require.True(t, ok, "no reason in %q", names)
			for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
				require.NotContains(t, out, name, "excused twice")
				out[name] = strings.TrimSpace(reason)
			}
		}
	}
	return out
}

func plain(text []comment.Text) string {
	var b strings.Builder
	for _, part := range text {
		switch part := part.(type) {
		case comment.Plain:
			b.WriteString(string(part))
		case comment.Italic:
			b.WriteString(string(part))
		case *comment.Link:
			b.WriteString(plain(part.Text))
		case *comment.DocLink:
			b.WriteString(plain(part.Text))
		}
	}
	return b.String()
}
