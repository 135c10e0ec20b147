package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/myaibud/aibud/"

// arrows says which of our packages each package may import. A new package
// has to be added here on purpose. Test files are free.
func arrows() map[string][]string {
	return map[string][]string{
		"engine":                    {},
		"engine/whatsmeow":          {"engine"},
		"engine/assistant":          {"engine"},
		"engine/assistant/scripted": {},
		"engine/history":            {"engine"},
		"engine/media":              {"engine"},
		"engine/phone":              {"engine"},
		"engine/reads":              {"engine"},
		"engine/simulator":          {"engine/simulator/…"},
		"engine/simulator/…":        {"engine/simulator/…"},
		"migrations":                {},
		"store":                     {"engine", "migrations"},
		"store/blob":                {"engine"},
		"store/storetest":           {"engine", "store"},
		"api":                       {"engine", "engine/phone"},
		"web":                       {},
		"cmd/aibud": {
			"engine", "engine/whatsmeow", "engine/assistant", "engine/assistant/scripted", "engine/history", "engine/media", "engine/reads", "engine/simulator",
			"store", "store/blob", "api", "web",
		},
		"cmd/aibud-bench": {"engine", "engine/whatsmeow", "engine/simulator", "store"},
	}
}

// outside says which of our packages may import a module that has to stay
// replaceable. The simulator shares whatsmeow's codecs, never its client.
func outside() map[string][]string {
	return map[string][]string{
		"go.mau.fi/whatsmeow":             {"engine/whatsmeow", "cmd/aibud-bench"},
		"google.golang.org/genai":         {"engine/assistant"},
		"modernc.org/sqlite":              {"store", "store/storetest", "cmd/aibud-bench"},
		"github.com/jackc/pgx/v5":         {"store", "store/storetest", "cmd/aibud-bench"},
		"riverqueue.com/riverui":          {"store"},
		"github.com/minio/minio-go/v7":    {"store/blob"},
		"github.com/nyaruka/phonenumbers": {"engine/phone"},
		"github.com/gorilla/websocket":    {"api", "engine/simulator", "engine/simulator/internal/noise", "cmd/aibud-bench"},
	}
}

// room folds the simulator's inner packages into one name.
func room(path string) string {
	if strings.HasPrefix(path, "engine/simulator/") {
		return "engine/simulator/…"
	}
	return path
}

func TestArrows(t *testing.T) {
	t.Parallel()
	allowed, only := arrows(), outside()
	for _, pkg := range packages(t) {
		name := strings.TrimPrefix(pkg.ImportPath, module)
		targets, known := allowed[room(name)]
		require.Truef(t, known, "package %s is not in the list of arrows: decide what it may import", name)
		for _, path := range pkg.Imports {
			if target, ours := strings.CutPrefix(path, module); ours {
				require.Containsf(t, targets, room(target), "%s must not import %s", name, target)
			}
			if users, restricted := only[path]; restricted {
				require.Truef(t, slices.Contains(users, name), "%s must not import %s: only %v may", name, path, users)
			}
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, pkg := range packages(t) {
		require.NotEmptyf(t, pkg.Doc, "package %s has no package comment", pkg.ImportPath)
	}
}

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports", "./...")
	command.Dir = "../.."
	out, err := command.Output()
	require.NoError(t, err)
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var pkg listed
		require.NoError(t, decoder.Decode(&pkg))
		if strings.HasPrefix(pkg.ImportPath, module) && !strings.Contains(pkg.ImportPath, "node_modules") {
			all = append(all, pkg)
		}
	}
	require.NotEmpty(t, all)
	return all
}
