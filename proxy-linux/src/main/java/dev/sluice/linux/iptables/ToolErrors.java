// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.linux.process.CommandRunner;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the error messages of the iptables tools, of either variant. */
final class ToolErrors {
    /** Of a table that the nft variant cannot print, on its standard output. */
    static final String INCOMPATIBLE = "' is incompatible";

    private static final String NO_SET_LOOKUP = "Can't open socket to ipset";
    private static final int CONTEXT_LINES = 3;
    /** The length of a tool's errors in a message, in characters. */
    private static final int MOST_SAID = 2000;

    /** In the order of trust: the parser's and the kernel's own words before the closing remark. */
    private static final List<Pattern> LINE_NUMBERS = List.of(
            Pattern.compile("line (\\d{1,9}) failed"),
            Pattern.compile("(?m)^line (\\d{1,9}): "),
            Pattern.compile("Error occurred at line: (\\d{1,9})"),
            Pattern.compile("line (\\d{1,9})"));

    private ToolErrors() {}

    /** The exception for a restore of {@code input} by {@code program}. */
    static RestoreException restoreFailed(String program, CommandRunner.Result result, String input) {
        List<String> lines = input.lines().toList();
        int number = lineNumber(result.errors());
        boolean known = number >= 1 && number <= lines.size();
        StringBuilder message = new StringBuilder(program).append(" failed");
        if (known) {
            message.append(" in line ").append(number).append(" of ").append(lines.size());
        } else if (number > 0) {
            message.append(" after the last of ").append(lines.size()).append(" lines");
        }
        String reason = reason(result);
        message.append(": ").append(reason).append(remedy(reason));
        if (reason.contains(NO_SET_LOOKUP)) {
            return RestoreException.setLookupDenied(message.toString());
        }
        if (!known) {
            return new RestoreException(message.toString(), 0, "");
        }
        message.append('\n').append(context(lines, number));
        return new RestoreException(message.toString(), number, lines.get(number - 1));
    }

    /** Why the tool failed, on one line: what it said, else its exit status. */
    static String reason(CommandRunner.Result result) {
        String said = relevant(result.errors());
        return said.isEmpty() ? result.ending() : excerpt(said);
    }

    /** The beginning and the end of a long text. */
    static String excerpt(String text) {
        int left = text.length() - MOST_SAID;
        return left <= 0
                ? text
                : text.substring(0, MOST_SAID / 2) + " [" + left + " characters left out] "
                        + text.substring(text.length() - MOST_SAID / 2);
    }

    /** What the tool said, on one line, without its advice to read the help. */
    static String relevant(String errors) {
        return errors.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("Try `") && !line.startsWith("# Warning:"))
                .collect(Collectors.joining("; "));
    }

    private static String remedy(String said) {
        if (said.contains("holding the xtables lock")) {
            return " (another program keeps the lock; the next sync tries again)";
        }
        if (said.contains(NO_SET_LOOKUP)) {
            return " (run as root or with CAP_NET_RAW, by which the tools look up a set)";
        }
        if (said.contains("Permission denied")) {
            return " (run as root or with CAP_NET_ADMIN, and with /run/xtables.lock writable)";
        }
        return "";
    }

    private static int lineNumber(String errors) {
        for (Pattern pattern : LINE_NUMBERS) {
            Matcher matcher = pattern.matcher(errors);
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
        }
        return 0;
    }

    private static String context(List<String> lines, int number) {
        StringBuilder text = new StringBuilder();
        int last = Math.min(number + CONTEXT_LINES, lines.size());
        for (int each = Math.max(1, number - CONTEXT_LINES); each <= last; each++) {
            text.append(each == number ? "> " : "  ").append(each).append(": ").append(lines.get(each - 1));
            text.append(each == last ? "" : "\n");
        }
        return text.toString();
    }
}
