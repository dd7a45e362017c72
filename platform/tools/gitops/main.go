// Program flux-substitute does to a rendered kustomization what Flux does after building it (`spec.postBuild.substitute`),
// with Flux's own code: the text on stdin, variables as NAME=VALUE arguments, the result on stdout.
package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
)

const substitution = "github.com/fluxcd/pkg/envsubst"

// What Flux accepts as the name of a variable (fluxcd/pkg/kustomize, SubstituteVariables).
var name = regexp.MustCompile(`^[_[:alpha:]][_[:alpha:][:digit:]]*$`)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("flux-substitute: " + version())
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "flux-substitute:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	variables := make(map[string]string, len(arguments))
	for _, argument := range arguments {
		key, value, found := strings.Cut(argument, "=")
		if !found || !name.MatchString(key) {
			return fmt.Errorf("argument %q: give NAME=VALUE with a name like VOLSYNC_CAPACITY", argument)
		}
		// As Flux does: a value is one line.
		variables[key] = strings.ReplaceAll(value, "\n", "")
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	// Not strict, Flux's default: a variable without value and without default is empty text.
	result, err := envsubst.Eval(string(text), func(key string) (string, bool) { return variables[key], true })
	if err != nil {
		return fmt.Errorf("variable substitution failed: %w", err)
	}
	_, err = os.Stdout.WriteString(result)
	return err
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == substitution {
			return substitution + " " + module.Version
		}
	}
	return "unknown"
}
