package report

// curveColours are those of the lines of Curves, in order.
var curveColours = []string{ours, limit, "#2ca02c", "#7f4fbf", "#b8860b"}

// Curves draws lines over one axis, both axes logarithmic, for other pages.
func Curves(title, better, xName string, list ...Line) []byte {
	for i := range list {
		list[i].Colour = curveColours[i%len(curveColours)]
	}
	return lines(title, better, xName, list)
}
