// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.NetlinkException;
import org.jspecify.annotations.Nullable;

/** The kernel's refusal of a transaction: nothing of it was done. */
public final class RefusedCommand extends NetlinkException {
    private static final long serialVersionUID = 1;

    private final transient NftCommand command;
    private final transient @Nullable SetElement element;

    /** @param element that was refused, null when it was not a single one */
    public RefusedCommand(NftCommand command, @Nullable SetElement element, NetlinkException cause) {
        super(
                element == null ? command.toString() : command + ", element " + element.key(),
                cause.errno(),
                cause.kernelText());
        this.command = command;
        this.element = element;
    }

    /** The first command that was refused. */
    public NftCommand command() {
        return command;
    }

    /** The element of {@link #command} that was refused; null when the kernel names none. */
    public @Nullable SetElement element() {
        return element;
    }
}
