// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.rules.PacketTracer.End;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One of the ways that a packet may take through a base chain: where it is, and what became of it. */
final class NftBranch {
    /** The kernel's limit (NFT_JUMP_STACK_SIZE). */
    private static final int DEEPEST = 16;

    /** Where a jump comes back to. */
    private record Place(String chain, int rule) {}

    final double chance;
    final TracedRegisters registers;
    private final Deque<Place> callers;
    private final Map<String, Map<Words, Optional<Value>>> learned;
    NftPacket packet;
    String chain;
    int rule;
    int expression;
    /** Set when the way through this base chain is over. */
    @Nullable
    End end;

    /** @param learned the elements that rules have added, or deleted: empty then, by set */
    NftBranch(String chain, NftPacket packet, double chance, Map<String, Map<Words, Optional<Value>>> learned) {
        this(chain, packet, chance, learned, new TracedRegisters(), new ArrayDeque<>());
    }

    private NftBranch(
            String chain,
            NftPacket packet,
            double chance,
            Map<String, Map<Words, Optional<Value>>> learned,
            TracedRegisters registers,
            Deque<Place> callers) {
        this.chain = chain;
        this.packet = packet;
        this.chance = chance;
        this.learned = learned;
        this.registers = registers;
        this.callers = callers;
    }

    /** The same, with a part of the probability. */
    NftBranch split(double part) {
        NftBranch other =
                new NftBranch(chain, packet, chance * part, learned(), registers.copy(), new ArrayDeque<>(callers));
        other.rule = rule;
        other.expression = expression;
        return other;
    }

    void nextRule() {
        rule++;
        expression = 0;
        registers.clear();
    }

    void jump(String to) {
        if (callers.size() == DEEPEST) {
            throw new IllegalStateException("too many jumps, the last to " + to);
        }
        callers.push(new Place(chain, rule + 1));
        goTo(to);
    }

    void goTo(String to) {
        chain = to;
        rule = -1;
        nextRule();
    }

    /** Goes back to where the last jump came from, or ends. */
    void back() {
        Place place = callers.poll();
        if (place == null) {
            end = End.PASSED;
            return;
        }
        goTo(place.chain());
        rule = place.rule();
    }

    /** @param value empty when a rule has deleted the element */
    void learn(String set, Words key, Optional<Value> value) {
        learned.computeIfAbsent(set, _ -> new HashMap<>()).put(key, value);
    }

    /** Whether rules have added or deleted the element. */
    boolean hasLearned(String set, Words key) {
        return learned.getOrDefault(set, Map.of()).containsKey(key);
    }

    /** The value of an element that rules have added; empty when they have deleted it. */
    Optional<Value> learnedBy(String set, Words key) {
        return learned.getOrDefault(set, Map.of()).getOrDefault(key, Optional.empty());
    }

    /** A copy. */
    Map<String, Map<Words, Optional<Value>>> learned() {
        Map<String, Map<Words, Optional<Value>>> copy = new HashMap<>();
        learned.forEach((set, elements) -> copy.put(set, new HashMap<>(elements)));
        return copy;
    }
}
