package snake

import "testing"

func TestCase(t *testing.T) {
	tests := map[string]string{
		"":            "",
		"X":           "x",
		"ID":          "id",
		"Name":        "name",
		"GetName":     "get_name",
		"HTTPPort":    "http_port",
		"UserID":      "user_id",
		"UserID2":     "user_id2",
		"X1Y2":        "x1_y2",
		"already_so":  "already_so",
		"Foo_Bar":     "foo_bar",
		"lowerFirst":  "lower_first",
		"GrößeÄndern": "größe_ändern",
		"_Hidden":     "_hidden",
		"A1B":         "a1_b",
		"ABC":         "abc",
		"ABc":         "a_bc",
	}
	for name, want := range tests {
		if got := Case(name); got != want {
			t.Errorf("Case(%q) = %q, want %q", name, got, want)
		}
	}
}
