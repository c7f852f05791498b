package deploy_test

const roleVariable = "AIOMAS_TEST_ROLE"

func play(role string, args []string) int { return 0 }
