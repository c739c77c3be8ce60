// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.nftables.expression.Expression;
import java.util.List;

/**
 * A rule: expressions that run one after the other, until one does not match.
 *
 * @param comment that {@code nft} prints, empty for none; at most {@value #LONGEST_COMMENT} bytes
 */
public record NftRule(String chain, List<Expression> expressions, String comment) {
    public static final int LONGEST_COMMENT = 128;

    public NftRule {
        expressions = List.copyOf(expressions);
    }
}
