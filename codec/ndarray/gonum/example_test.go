package gonum_test

import (
	"fmt"
	"log"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/codec/ndarray/gonum"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// docs/errors.md has what this package says, as it was provoked.
func TestErrorsOfMatrices(t *testing.T) {
	of := func(shape ...int) error {
		n := 1
		for _, d := range shape {
			n *= d
		}
		a, err := ndarray.New(make([]float64, n), shape...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = gonum.Dense(a)
		return err
	}
	type message doccode.Message
	var all []doccode.Message
	for _, m := range []message{
		{of(3), "aiomas: an array of shape [3] has one dimension, not two: register ndarray.Serializer, take an ndarray.Array, and make a vector of it with gonum.VecDense",
			"`gonum.Serializer` makes matrices, and the peer sent a vector.", "Say in Python that it is a matrix, `a.reshape(1, -1)`, or do as the text says."},
		{of(1, 2, 3), "aiomas: an array of shape [1 2 3] does not have 2 dimensions", "A matrix has two.", "`Array.Reshape`, or `ndarray.Array` as it is."},
		{of(0, 3), "aiomas: gonum has no matrix of shape [0 3]", "In gonum a matrix without elements has no rows and no columns.", "`ndarray.Array` as it is."},
	} {
		all = append(all, doccode.Message(m))
	}
	doccode.Messages(t, "../../../docs/errors.md", "go -C codec/ndarray/gonum test -run TestErrorsOfMatrices -update", all)
}

func ExampleDense() {
	// As it comes from Python: numpy.array([[1., 2.], [3., 4.]])
	array, err := ndarray.New([]float64{1, 2, 3, 4}, 2, 2)
	if err != nil {
		log.Fatal(err)
	}
	m, err := gonum.Dense(array)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Sum(m), gonum.FromMatrix(m.T()).Shape())
	// Output: 10 [2 2]
}
