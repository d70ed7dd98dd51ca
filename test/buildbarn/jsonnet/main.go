// Command jsonnet evaluates configuration as Buildbarn does before it reads it: with go-jsonnet, and with the variables
// of the program's environment as external variables. It reads a JSON list of files from standard input and writes a
// JSON list of answers, in the same order.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/google/go-jsonnet"
)

type file struct {
	Name      string            `json:"name"`
	Text      string            `json:"text"`
	Variables map[string]string `json:"variables"`
}

type answer struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

func evaluate(f file) answer {
	vm := jsonnet.MakeVM()
	for name, value := range f.Variables {
		vm.ExtVar(name, value)
	}
	output, err := vm.EvaluateAnonymousSnippet(f.Name, f.Text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: json.RawMessage(output)}
}

func main() {
	log.SetFlags(0)
	var files []file
	if err := json.NewDecoder(os.Stdin).Decode(&files); err != nil {
		log.Fatalf("standard input: %v", err)
	}
	answers := make([]answer, len(files))
	for i, f := range files {
		answers[i] = evaluate(f)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatalf("standard output: %v", err)
	}
}
