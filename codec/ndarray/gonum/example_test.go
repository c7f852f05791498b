package gonum_test

import (
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/codec/ndarray/gonum"
)

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
