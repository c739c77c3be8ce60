// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.ServicePortName;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The comments of elements, which name the service port, e.g. {@code shop/web:http/tcp cluster}. */
public final class PoolLabel {
    private static final int LONGEST = 120;
    private static final int KEPT = 110;

    /** Of a character in UTF-8. */
    private static final int MOST_BYTES = 3;

    private PoolLabel() {}

    /** Names a pool, no other one by the same text; a later process finds it by that. */
    public static String of(ServicePortName name, PoolPair.Use use) {
        return of(of(name), use);
    }

    /** The same, where the port's own label is known. */
    static String of(String port, PoolPair.Use use) {
        return fit(port.concat(use == PoolPair.Use.CLUSTER ? " cluster" : " local"));
    }

    /** Names a service port. */
    public static String of(ServicePortName name) {
        StringBuilder label = new StringBuilder(LONGEST);
        label.append(name.service().namespace())
                .append('/')
                .append(name.service().name());
        if (!name.port().isEmpty()) {
            label.append(':').append(name.port());
        }
        return fit(label.append('/').append(name.protocol().lowerCase()).toString());
    }

    /** The kernel keeps 128 bytes of a comment; of a longer name the hash tells which it is. */
    private static String fit(String text) {
        if (text.length() <= LONGEST / MOST_BYTES || text.getBytes(StandardCharsets.UTF_8).length <= LONGEST) {
            return text;
        }
        return text.substring(0, KEPT) + "~" + String.format(Locale.ROOT, "%08x", text.hashCode());
    }
}
