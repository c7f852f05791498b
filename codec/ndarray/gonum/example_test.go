package gonum_test

import (
	"fmt"
	"log"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/aiomas-go/aiomas-go/codec/ndarray"
	"github.com/aiomas-go/aiomas-go/codec/ndarray/gonum"
)

func TestOneDimensionSaysWhatToDo(t *testing.T) {
	vector, err := ndarray.New([]float64{1, 2, 3}, 3)
	if err != nil {
		t.Fatal(err)
	}
	_, err = gonum.Dense(vector)
	want := "aiomas: an array of shape [3] has one dimension, not two: " +
		"register ndarray.Serializer, take an ndarray.Array, and make a vector of it with gonum.VecDense"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
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
