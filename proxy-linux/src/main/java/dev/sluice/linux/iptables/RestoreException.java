// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.linux.KernelException;
import java.util.OptionalInt;

/** A failed iptables-restore. */
public final class RestoreException extends KernelException {
    private static final long serialVersionUID = 1;

    private final int line;
    private final String lineText;
    private final boolean setLookupDenied;

    /**
     * @param line the 1-based number of the input line that was refused, 0 when the tool did not say
     * @param lineText that line, empty when unknown
     */
    public RestoreException(String message, int line, String lineText) {
        this(message, line, lineText, false);
    }

    private RestoreException(String message, int line, String lineText, boolean setLookupDenied) {
        super(message);
        this.line = line;
        this.lineText = lineText;
        this.setLookupDenied = setLookupDenied;
    }

    /** The tool could not look up a set that a rule names; it does not say which line has that rule. */
    public static RestoreException setLookupDenied(String message) {
        return new RestoreException(message, 0, "", true);
    }

    /** Whether the tool could not look up a set, for which it opens a raw socket (CAP_NET_RAW). */
    public boolean isSetLookupDenied() {
        return setLookupDenied;
    }

    /** The 1-based number of the input line that was refused. */
    public OptionalInt line() {
        return line > 0 ? OptionalInt.of(line) : OptionalInt.empty();
    }

    /** The text of that line, empty when unknown. */
    public String lineText() {
        return lineText;
    }
}
