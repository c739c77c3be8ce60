// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.SavedTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The iptables tools of one family over tables in memory. It takes the input of {@code iptables-restore --noflush},
 * refuses what the tools and the kernel refuse and names the line, commits each table atomically, and prints the
 * applied rules as iptables-save does.
 *
 * <p>Rules must be in the canonical form (see {@link CanonicalForm}), otherwise an {@link AssertionError} is thrown.
 * The real tools accept other spellings but print them differently, so the applied rules would never equal the desired
 * ones.
 */
public final class FakeIptables implements Iptables {
    private static final String BROKEN = "Another app is currently holding the xtables lock";

    private final IpFamily family;
    private final Variant variant;
    private final CanonicalForm form;
    private final Map<String, FakeTable> tables = new LinkedHashMap<>();
    private final List<String> inputs = new ArrayList<>();
    private Predicate<String> setExists = name -> true;
    private Predicate<String> counterExists = name -> true;
    private Predicate<String> refused = rule -> false;
    private boolean broken;
    private Optional<String> nextRestoreFailure = Optional.empty();
    private boolean setLookupDenied;
    private Optional<String> nextSaveFailure = Optional.empty();
    private long generation;
    private long bytes;
    private int saves;
    private int chainReads;

    /** Creates tools of the nft variant, where a table exists once it is used. */
    public FakeIptables(IpFamily family) {
        this(family, Variant.NFT);
    }

    public FakeIptables(IpFamily family, Variant variant) {
        this.family = family;
        this.variant = variant;
        this.form = new CanonicalForm(family);
    }

    /** Refuses rules with {@code --match-set} unless {@code setExists} accepts the set. */
    public FakeIptables withSets(Predicate<String> setExists) {
        this.setExists = setExists;
        return this;
    }

    /** Refuses rules that count unless {@code counters} has their counter. */
    public FakeIptables withCounters(FakeCounters counters) {
        counterExists = counters::has;
        return this;
    }

    @Override
    public IpFamily family() {
        return family;
    }

    @Override
    public Variant variant() {
        return variant;
    }

    @Override
    public boolean supportsRandomFully() {
        return true;
    }

    @Override
    public void restore(String input) throws RestoreException {
        inputs.add(input);
        generation++;
        bytes += input.getBytes(StandardCharsets.UTF_8).length;
        if (broken) {
            throw new RestoreException(BROKEN, 0, "");
        }
        if (nextRestoreFailure.isPresent()) {
            String text = nextRestoreFailure.get();
            nextRestoreFailure = Optional.empty();
            throw new RestoreException(text, 0, "");
        }
        if (setLookupDenied && (input.contains("--add-set ") || input.contains("--match-set "))) {
            throw RestoreException.setLookupDenied(
                    "iptables-restore failed: Can't open socket to ipset. (CAP_NET_RAW)");
        }
        new RestoreRun(tables, setExists, counterExists, refused, Optional.of(form)).run(input);
    }

    @Override
    public String save(String table) throws KernelException {
        saves++;
        checkTools();
        if (nextSaveFailure.isPresent()) {
            String text = nextSaveFailure.get();
            nextSaveFailure = Optional.empty();
            throw new KernelException(text);
        }
        return dump(table);
    }

    /** Makes the tools fail where a rule names a set, as they do without CAP_NET_RAW. */
    public void denySetLookup() {
        setLookupDenied = true;
    }

    /** Makes the kernel refuse to add the rules that {@code which} accepts. */
    public void refuse(Predicate<String> which) {
        refused = which;
    }

    /** Makes every call fail, or work again. */
    public void breakDown(boolean on) {
        broken = on;
    }

    private void checkTools() throws KernelException {
        if (broken) {
            throw new KernelException(BROKEN);
        }
    }

    /** Makes the next {@link #restore} change nothing and fail with {@code text}. */
    public void failNextRestore(String text) {
        nextRestoreFailure = Optional.of(text);
    }

    /** Makes the next {@link #save} fail with {@code text}. */
    public void failNextSave(String text) {
        nextSaveFailure = Optional.of(text);
    }

    /** Restores {@code input} as another program would: not counted, and in any spelling. */
    public void byOthers(String input) {
        generation++;
        try {
            new RestoreRun(tables, setExists, counterExists, rule -> false, Optional.empty()).run(input);
        } catch (RestoreException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Removes every rule and user chain of {@code table}, as {@code iptables -F} and {@code -X} do. */
    public void flush(String table) {
        generation++;
        tables.remove(table);
    }

    /** The applied rules of {@code table}, without counting a call. */
    public SavedTable inForce(String table) {
        return SavedTable.parse(table, dump(table));
    }

    @Override
    public Optional<List<String>> readChain(String table, String chain) throws KernelException {
        chainReads++;
        checkTools();
        SavedTable read = inForce(table);
        return read.has(chain) ? Optional.of(read.rules(chain)) : Optional.empty();
    }

    @Override
    public OptionalLong generation() {
        return variant == Variant.NFT ? OptionalLong.of(generation) : OptionalLong.empty();
    }

    /** The applied rules of a chain; none when there is no such chain. */
    public List<String> rules(String table, String chain) {
        return inForce(table).rules(chain);
    }

    /** The inputs of all calls of {@link #restore}, failed ones included. */
    public List<String> inputs() {
        return List.copyOf(inputs);
    }

    /** The last input of {@link #restore}; empty when there was none. */
    public String lastInput() {
        return inputs.isEmpty() ? "" : inputs.getLast();
    }

    /** The number of calls of {@link #restore}. */
    public int restores() {
        return inputs.size();
    }

    /** The number of calls of {@link #save}. */
    public int saves() {
        return saves;
    }

    /** The number of calls of {@link #readChain}. */
    public int chainReads() {
        return chainReads;
    }

    /** The bytes given to {@link #restore}. */
    public long bytes() {
        return bytes;
    }

    /** Resets the counts and inputs, not the tables. */
    public void resetCounts() {
        inputs.clear();
        bytes = 0;
        saves = 0;
        chainReads = 0;
    }

    private String dump(String table) {
        FakeTable content = tables.get(table);
        if (content == null && variant == Variant.LEGACY && FakeTable.exists(table)) {
            content = new FakeTable(table);
        }
        return content == null ? "" : content.save();
    }
}
