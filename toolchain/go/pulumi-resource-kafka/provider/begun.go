package provider

import (
	"encoding/json"
	"os"
)

// BegunTopicsVariable names a file with a JSON list of topic names: those whose creation an earlier run of the same
// stack had begun (Pulumi's state says so) and did not live to see finished. Such a topic may exist already and be
// this stack's own all the same. Every other topic that exists already belongs to somebody else.
const BegunTopicsVariable = "KIT_BEGUN_TOPICS_FILE"

func begunTopics() map[string]bool {
	path := os.Getenv(BegunTopicsVariable)
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var names []string
	if json.Unmarshal(text, &names) != nil {
		return nil
	}
	begun := make(map[string]bool, len(names))
	for _, name := range names {
		begun[name] = true
	}
	return begun
}
