module github.com/aiomas-go/aiomas-go

go 1.25.0
