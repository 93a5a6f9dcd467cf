# count.awk: counts the tests in ctest's log (Testing/Temporary/LastTest.log)
# and prints "PASSED FAILED SKIPPED". A cmocka program counts for each of its
# tests, every other test for one; a program that fails without a failed test
# (a crash, a leak) counts as one failure. Lines may end with CR LF, as those of
# Windows programs do.
#
# With -v reasons=1 the reasons of skipped tests follow, one a line.

{ sub(/\r$/, "") }
/^[0-9]+\/[0-9]+ Testing: / {
    name = $3
    run++
    ok = bad = skips = 0
    skipped_whole = 0
}
/^\[       OK \] / { ok++ }
/^\[  FAILED  \] / && !/test\(s\)/ && !((run, $4) in seen) {
    seen[run, $4] = 1
    bad++
}
/^\[  SKIPPED \] / && !/test\(s\)/ && !((run, $4) in seen) {
    seen[run, $4] = 1
    skips++
}
/^ *(SKIPPED|skipped): / {
    line = $0
    sub(/^ *(SKIPPED|skipped): */, "", line)
    reason[++reasons_count] = name ": " line
    skipped_whole = 1
}
/^Test (Passed|Failed)\.$/ {
    result = $2
    if (result == "Passed.") {
        # ctest's log does not tell skipped from passed; the reason does.
        if (ok + skips == 0 && skipped_whole) skipped++
        else if (ok + skips == 0) passed++
        passed += ok
        skipped += skips
    } else {
        passed += ok
        skipped += skips
        failed += bad > 0 ? bad : 1
    }
}
END {
    print passed + 0, failed + 0, skipped + 0
    if (reasons) {
        for (i = 1; i <= reasons_count; i++) print reason[i]
    }
}
