package member

// A FieldType is the type of a custom field (SPEC G3).
type FieldType string

// The field types, by the words of files, JSON and the command line.
const (
	Text     FieldType = "text"
	Textarea FieldType = "textarea"
	Number   FieldType = "number"
	URL      FieldType = "url"
	Select   FieldType = "select"
	Radio    FieldType = "radio"
	Checkbox FieldType = "checkbox" // several choices
	Boolean  FieldType = "boolean"
	Date     FieldType = "date"
	DateTime FieldType = "datetime"
	FileType FieldType = "file"
)

// A Choice is one possible value of a select, radio or checkbox field.
type Choice struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// A Field is a custom attribute defined by the organisation (SPEC G3).
type Field struct {
	ID         int64     `json:"-"`
	Identifier string    `json:"identifier"`
	LabelEN    string    `json:"label_en"`
	LabelJA    string    `json:"label_ja"`
	Type       FieldType `json:"type"`
	Required   bool      `json:"required"`
	Position   int64     `json:"position"` // smaller first
	Choices    []Choice  `json:"choices,omitempty"`
	MinLength  int       `json:"min_length,omitempty"` // characters; 0 = none
	MaxLength  int       `json:"max_length,omitempty"` // characters; 0 = none
	Format     string    `json:"format,omitempty"`     // "", email, telephone, postal_code, url, digits, pattern
	Pattern    string    `json:"pattern,omitempty"`    // RE2, with Format "pattern"
}
