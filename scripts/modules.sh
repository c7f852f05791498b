# Sourced by scripts in the root of the tree: the modules here beside the root's. Each go.mod is in one of the lists.
libraries='otel nats codec/ndarray/gonum' # released
programs='cmd/aiomas'                # released, for go install
others='interop/tests deploy bench examples/opentelemetry' # not released

# Modules that are kept beside the code, but not with it, like environments, have names with dots.
for m in $(find . -name '.?*' -prune -o -name go.mod -print); do
	case " . $libraries $programs $others " in
	*" $(dirname "$m" | sed 's,^\./,,') "*) ;;
	*) echo "scripts/modules.sh does not list $m" >&2; exit 1 ;;
	esac
done
