// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.plan.Placed.Place;
import java.util.Optional;
import java.util.function.Function;

/** Finds out whose element the kernel refused. */
final class RefusedElements {
    private RefusedElements() {}

    /**
     * The service port without which the kernel takes the transaction; empty when it is none's fault, e.g. because
     * another program has changed the table.
     *
     * @param owner finds the service port that wants an element, if one does
     */
    static Optional<ServicePortName> culprit(RefusedCommand refusal, Function<Place, Optional<ServicePortName>> owner) {
        SetElement element = refusal.element();
        boolean isOurs = refusal.errno() != Errno.ENOENT && refusal.errno() != Errno.ENOMEM;
        if (!isOurs || element == null || !(refusal.command() instanceof AddElements add)) {
            return Optional.empty();
        }
        return ServiceSet.labelled(add.set()).flatMap(set -> owner.apply(new Place(set, element.key())));
    }

    static Problem problem(ServicePortName name, RefusedCommand refusal) {
        return Problem.skipped(
                ObjectRef.service(name.service()),
                "port " + name,
                "the kernel refused it; it is tried again when it changes, or everything is compared: "
                        + refusal.getMessage());
    }
}
