// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.testkit.fake.FakeNftTable.FakeChain;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the kernel refuses of a table as a whole (nft_table_validate): it goes all ways from each hook. */
final class NftWalkCheck {
    private static final int DEEPEST = 16;

    private final FakeNftTable table;

    /** How deep the walk was when it came through a chain without an error. */
    private final Map<String, Integer> passed = new HashMap<>();

    NftWalkCheck(FakeNftTable table) {
        this.table = table;
    }

    int errno() {
        for (FakeChain chain : table.chains().values()) {
            BaseHook hook = chain.chain().hook();
            passed.clear();
            int errno = hook == null ? 0 : walk(chain, hook, 0);
            if (errno != 0) {
                return errno;
            }
        }
        return 0;
    }

    private int walk(@Nullable FakeChain chain, BaseHook hook, int depth) {
        if (depth == DEEPEST) {
            return Errno.EMLINK;
        }
        if (chain == null || passed.getOrDefault(chain.chain().name(), -1) >= depth) {
            return 0;
        }
        int errno = chain.rules().stream()
                .flatMap(rule -> rule.rule().expressions().stream())
                .mapToInt(expression -> errno(expression, hook, depth))
                .filter(each -> each != 0)
                .findFirst()
                .orElse(0);
        if (errno == 0) {
            passed.put(chain.chain().name(), depth);
        }
        return errno;
    }

    private int errno(Expression expression, BaseHook hook, int depth) {
        return switch (expression) {
            case Immediate e -> follow(e.value(), hook, depth);
            case Lookup e -> lookup(e, hook, depth);
            case Nat _ -> allowed(hook.type().equals("nat"), hook, Set.of(Hook.PREROUTING, Hook.OUTPUT));
            case MasqueradeSource _ -> allowed(hook.type().equals("nat"), hook, Set.of(Hook.POSTROUTING));
            case Reject _ -> allowed(true, hook, Set.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD, Hook.OUTPUT));
            default -> 0;
        };
    }

    private static int allowed(boolean type, BaseHook hook, Set<Hook> hooks) {
        return type && hooks.contains(hook.hook()) ? 0 : Errno.EOPNOTSUPP;
    }

    private int follow(@Nullable Value value, BaseHook hook, int depth) {
        return value instanceof Verdict verdict && !verdict.chain().isEmpty()
                ? walk(table.chains().get(verdict.chain()), hook, depth + 1)
                : 0;
    }

    private int lookup(Lookup lookup, BaseHook hook, int depth) {
        NftElements elements = table.sets().get(lookup.set());
        if (elements == null) {
            return 0;
        }
        for (SetElement element : elements.all()) {
            int errno = follow(element.value(), hook, depth);
            if (errno != 0) {
                return errno;
            }
        }
        return 0;
    }
}
