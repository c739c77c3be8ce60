// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RuleLine;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One run of iptables-restore. It works on a copy of a table and applies the copy at COMMIT. */
final class RestoreRun {
    private static final Set<String> SETS = Set.of("--match-set", "--add-set");

    private final Map<String, FakeTable> tables;
    private final Predicate<String> setExists;
    private final Predicate<String> counterExists;
    private final Predicate<String> refused;
    private final Optional<CanonicalForm> form;
    private final Set<String> touched = new LinkedHashSet<>();
    private @Nullable FakeTable table;
    private String tableName = "";
    private int number;
    private String line = "";

    RestoreRun(
            Map<String, FakeTable> tables,
            Predicate<String> setExists,
            Predicate<String> counterExists,
            Predicate<String> refused,
            Optional<CanonicalForm> form) {
        this.tables = tables;
        this.setExists = setExists;
        this.counterExists = counterExists;
        this.refused = refused;
        this.form = form;
    }

    void run(String input) throws RestoreException {
        for (String each : input.lines().toList()) {
            number++;
            line = each;
            if (!line.isBlank() && !line.startsWith("#")) {
                step();
            }
        }
        if (table != null) {
            throw refuse("COMMIT expected");
        }
    }

    private void step() throws RestoreException {
        if (line.startsWith("*")) {
            begin(line.substring(1).strip());
        } else if (table == null) {
            throw refuse("no table before this line");
        } else if (line.equals("COMMIT")) {
            commit(table);
        } else if (line.startsWith(":")) {
            declare(table, line.substring(1).split(" ", 2)[0]);
        } else {
            command(table);
        }
    }

    private void begin(String name) throws RestoreException {
        if (table != null) {
            throw refuse("COMMIT expected before the next table");
        }
        if (!FakeTable.exists(name)) {
            throw refuse("table name '" + name + "' invalid");
        }
        FakeTable inForce = tables.get(name);
        table = inForce == null ? new FakeTable(name) : inForce.copy();
        tableName = name;
        touched.clear();
    }

    private void commit(FakeTable done) throws RestoreException {
        for (String chain : touched) {
            if (done.loopThrough(chain) && done.hasReachableLoop()) {
                throw refuse("Too many links: the chains loop through " + chain);
            }
        }
        tables.put(tableName, done);
        table = null;
    }

    private void declare(FakeTable in, String chain) throws RestoreException {
        if (ChainName.isBuiltIn(chain) && !in.has(chain)) {
            throw refuse("table " + tableName + " has no built-in chain " + chain);
        }
        if (chain.isEmpty() || chain.length() > ChainName.MAX_LENGTH) {
            throw refuse("Invalid chain name '" + chain + "' (28 chars max)");
        }
        in.createOrFlush(chain);
        touched.add(chain);
    }

    private void command(FakeTable in) throws RestoreException {
        String[] words = line.split(" ", 3);
        String chain = words.length > 1 ? words[1] : "";
        String rest = words.length > 2 ? words[2] : "";
        if (!in.has(chain)) {
            throw refuse("No chain/target/match by that name: " + chain);
        }
        switch (words[0]) {
            case "-A" -> add(in, chain, in.rules(chain).size(), rest);
            case "-I" -> insert(in, chain, rest);
            case "-D" -> delete(in, chain, rest);
            case "-F" -> in.createOrFlush(chain);
            case "-X" -> remove(in, chain);
            default -> throw refuse("unknown command '" + words[0] + "'");
        }
    }

    private void insert(FakeTable in, String chain, String rest) throws RestoreException {
        String[] words = rest.split(" ", 2);
        boolean numbered = words[0].matches("[0-9]{1,6}");
        int index = numbered ? Integer.parseInt(words[0]) - 1 : 0;
        if (index < 0 || index > in.rules(chain).size()) {
            throw refuse("Index of insertion too big");
        }
        add(in, chain, index, numbered ? (words.length > 1 ? words[1] : "") : rest);
    }

    private void add(FakeTable in, String chain, int index, String spec) throws RestoreException {
        form.ifPresent(rules -> rules.check(spec));
        if (refused.test(spec)) {
            throw refuse("RULE_APPEND failed (Invalid argument): rule in chain " + chain);
        }
        Optional<String> target = FakeTable.jumpTarget(spec);
        if (target.isPresent() && (!in.has(target.get()) || ChainName.isBuiltIn(target.get()))) {
            throw refuse("Couldn't load target '" + target.get() + "': no such chain");
        }
        List<String> words = RuleLine.words(spec);
        for (int i = 0; i + 1 < words.size(); i++) {
            if (SETS.contains(words.get(i)) && !setExists.test(words.get(i + 1))) {
                throw refuse("Set " + words.get(i + 1) + " doesn't exist.");
            }
            if (words.get(i).equals("--nfacct-name") && !counterExists.test(words.get(i + 1))) {
                throw refuse("RULE_APPEND failed (No such file or directory): no counter " + words.get(i + 1));
            }
        }
        in.insert(chain, index, spec);
        touched.add(chain);
    }

    private void delete(FakeTable in, String chain, String rest) throws RestoreException {
        if (rest.matches("[0-9]{1,6}")) {
            int index = Integer.parseInt(rest) - 1;
            if (index < 0 || index >= in.rules(chain).size()) {
                throw refuse("Index of deletion too big");
            }
            in.delete(chain, in.rules(chain).get(index));
        } else if (!in.delete(chain, rest)) {
            throw refuse("Bad rule (does a matching rule exist in that chain?)");
        }
    }

    private void remove(FakeTable in, String chain) throws RestoreException {
        if (ChainName.isBuiltIn(chain)) {
            throw refuse("a built-in chain cannot be deleted: " + chain);
        }
        if (!in.rules(chain).isEmpty()) {
            throw refuse("Directory not empty: chain " + chain);
        }
        if (in.isReferenced(chain)) {
            throw refuse("Device or resource busy: rules jump to chain " + chain);
        }
        in.remove(chain);
        touched.remove(chain);
    }

    private RestoreException refuse(String why) {
        return new RestoreException(
                "iptables-restore: line " + number + " failed: " + why + "\n  " + line, number, line);
    }
}
