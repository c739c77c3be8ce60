// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The first line of a snapshot.
 *
 * @param writer the version of the Sluice that wrote it
 * @param written when
 * @param peers whether the addresses of all other nodes are among the objects
 */
record SnapshotHeader(String writer, Instant written, SnapshotOwner owner, boolean peers) {
    /**
     * Raised when a Sluice of today could not read the file any more, or would read it wrongly. 2 has the addresses of
     * the other nodes, 3 the ServiceCIDRs.
     */
    static final int FORMAT = 3;

    private static final String FORMAT_FIELD = "sluiceSnapshot";

    byte[] line() {
        return JsonLine.of(line -> line.number(FORMAT_FIELD, FORMAT)
                .text("writer", writer)
                .text("written", written.toString())
                .text("server", owner.server())
                .text("authority", owner.authority())
                .text("node", owner.node())
                .flag("peers", peers));
    }

    /** Reads the line; later formats may have anything behind their number. */
    static SnapshotHeader read(byte[] line) throws UnusableSnapshotException {
        List<FieldError> errors = new ArrayList<>();
        try (ApiJson json = new ApiJson(new ByteArrayInputStream(line))) {
            Fields fields = new Fields(json.object(), "", errors, new StringPool());
            int format = fields.number(FORMAT_FIELD);
            String writer = fields.text("writer");
            if (format < 1) {
                throw unreadable();
            }
            if (format > FORMAT) {
                throw new UnusableSnapshotException("it has format " + format + ", written by Sluice " + writer
                        + ", and this Sluice reads formats up to " + FORMAT);
            }
            SnapshotOwner owner =
                    new SnapshotOwner(fields.text("server"), fields.text("authority"), fields.text("node"));
            boolean peers = Boolean.TRUE.equals(fields.flag("peers")); // missing in format 1
            SnapshotHeader header = new SnapshotHeader(writer, Instant.parse(fields.text("written")), owner, peers);
            if (!errors.isEmpty()) {
                throw unreadable();
            }
            return header;
        } catch (IOException | DocumentSyntaxException | DateTimeException e) {
            throw unreadable();
        }
    }

    private static UnusableSnapshotException unreadable() {
        return new UnusableSnapshotException("it does not begin as a snapshot does: it is damaged, or another file");
    }
}
