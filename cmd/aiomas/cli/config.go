package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// A configuration file has settings by the names of the flags of connections, and named addresses, each an address or
// settings of its own:
//
//	timeout: 10s
//	addresses:
//	  math: tcp://127.0.0.1:5555
//	  plant: {address: "tcp+tls://plant.example:5555", codec: msgpack, tls-ca: ca.pem, …}
type config struct {
	settings  map[string]string
	addresses map[string]map[string]string
}

// settle sets the flags of a connection that are not set on the command line: from the environment, the named
// address, or the configuration. It returns the address that the name stands for.
func settle(cmd *cobra.Command, name string) (string, error) {
	c, err := loadConfig(cmd)
	if err != nil {
		return "", usageError{err}
	}
	named, ok := c.addresses[name]
	if ok {
		name = named["address"]
	}
	for _, flag := range connFlagNames {
		if cmd.Flags().Lookup(flag) == nil || cmd.Flags().Changed(flag) {
			continue
		}
		variable := "AIOMAS_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		value, from := os.Getenv(variable), variable
		if value == "" {
			value, from = named[flag], "configuration"
		}
		if value == "" {
			value = c.settings[flag]
		}
		if value == "" {
			continue
		}
		if err := cmd.Flags().Lookup(flag).Value.Set(value); err != nil {
			return "", usagef("%s: %s: %w", from, flag, err)
		}
	}
	return name, nil
}

func loadConfig(cmd *cobra.Command) (*config, error) {
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		path = os.Getenv("AIOMAS_CONFIG")
	}
	wanted := path != ""
	if !wanted {
		dir, err := os.UserConfigDir()
		if err != nil { // there is no configuration directory
			return &config{}, nil
		}
		path = filepath.Join(dir, "aiomas", "config.yaml")
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !wanted {
		return &config{}, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parseConfig(text []byte) (*config, error) {
	var top map[string]yaml.Node
	if err := yaml.Unmarshal(text, &top); err != nil {
		return nil, err
	}
	c := &config{settings: map[string]string{}, addresses: map[string]map[string]string{}}
	for key, node := range top {
		if key != "addresses" {
			if err := setting(c.settings, key, node, connFlagNames); err != nil {
				return nil, err
			}
			continue
		}
		var addresses map[string]yaml.Node
		if err := node.Decode(&addresses); err != nil {
			return nil, err
		}
		for name, node := range addresses {
			entry := map[string]string{}
			c.addresses[name] = entry
			var settings map[string]yaml.Node
			if node.Kind == yaml.ScalarNode {
				settings = map[string]yaml.Node{"address": node}
			} else if err := node.Decode(&settings); err != nil {
				return nil, err
			}
			for key, node := range settings {
				if err := setting(entry, key, node, append([]string{"address"}, connFlagNames...)); err != nil {
					return nil, fmt.Errorf("addresses: %s: %w", name, err)
				}
			}
			if entry["address"] == "" {
				return nil, fmt.Errorf("addresses: %s: there is no address", name)
			}
		}
	}
	return c, nil
}

func setting(to map[string]string, key string, node yaml.Node, known []string) error {
	if !slices.Contains(known, key) {
		return fmt.Errorf("unknown setting %q", key)
	}
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("%s: line %d: not one value", key, node.Line)
	}
	to[key] = node.Value
	return nil
}
