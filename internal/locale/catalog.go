package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed catalog/en.json catalog/ja.json
var files embed.FS

var languages = []string{"en", "ja"}

// catalogues has the parsed sentences of every language, by key, each language's when it is
// asked for: who runs a command reads one, and with both a command started in 24 ms in place
// of 16. A problem has two keys, problem.CODE.what and problem.CODE.do.
var catalogues = func() map[string]func() map[string]message {
	all := map[string]func() map[string]message{}
	for _, lang := range languages {
		all[lang] = sync.OnceValue(func() map[string]message {
			messages, err := load(lang)
			if err != nil {
				panic(err) // part of the binary, and the tests read every sentence
			}
			return messages
		})
	}
	return all
}()

func load(lang string) (map[string]message, error) {
	raw, err := files.ReadFile("catalog/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", lang, err)
	}
	sentences, err := flatten(raw)
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", lang, err)
	}
	messages := make(map[string]message, len(sentences))
	for key, sentence := range sentences {
		m, err := parse(sentence)
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %s: %w", lang, key, err)
		}
		messages[key] = m
	}
	return messages, nil
}

// flatten reads a catalogue file: each key has a sentence, or an object of
// sentences whose names are added to the key.
func flatten(raw []byte) (map[string]string, error) {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, err
	}
	sentences := make(map[string]string, 2*len(entries))
	for key, entry := range entries {
		var parts map[string]string
		var sentence string
		var err error
		if entry[0] == '{' {
			err = json.Unmarshal(entry, &parts)
		} else if err = json.Unmarshal(entry, &sentence); err == nil {
			sentences[key] = sentence
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for name, sentence := range parts {
			sentences[key+"."+name] = sentence
		}
	}
	return sentences, nil
}
