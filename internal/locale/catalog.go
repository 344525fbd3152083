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

// catalogues returns the parsed sentences of every language, by key. A problem
// has two keys, problem.CODE.what and problem.CODE.do.
var catalogues = sync.OnceValue(func() map[string]map[string]message {
	all := map[string]map[string]message{}
	for _, lang := range languages {
		messages, err := load(lang)
		if err != nil {
			panic(err) // part of the binary, and the tests read every sentence
		}
		all[lang] = messages
	}
	return all
})

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
		var sentence string
		if json.Unmarshal(entry, &sentence) == nil {
			sentences[key] = sentence
			continue
		}
		var parts map[string]string
		if err := json.Unmarshal(entry, &parts); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for name, sentence := range parts {
			sentences[key+"."+name] = sentence
		}
	}
	return sentences, nil
}
