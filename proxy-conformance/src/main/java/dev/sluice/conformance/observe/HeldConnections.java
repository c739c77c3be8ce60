// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.observe;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;

/**
 * Connections that stay open, so that a scheduler which counts connections has some to count, and the Pods that answer
 * them.
 */
public final class HeldConnections implements AutoCloseable {
    private final Stage stage;
    private final List<Connection> open = new ArrayList<>();
    private final List<String> answered = new ArrayList<>();

    public HeldConnections(Stage stage) {
        this.stage = stage;
    }

    /** Opens connections one after the other. Returns the Pods that answer, in order. */
    public List<String> open(Probe probe) throws IOException {
        List<String> pods = new ArrayList<>();
        for (int i = 0; i < probe.times(); i++) {
            Connection connection = stage.connect(probe);
            open.add(connection);
            pods.add(answerer(connection.ask()));
        }
        answered.addAll(pods);
        return pods;
    }

    /** Makes calls that end at once. Returns the Pods that answer, in order. */
    public static List<String> call(Stage stage, Probe probe) {
        return stage.calls(probe).stream().map(HeldConnections::answerer).toList();
    }

    private static String answerer(Outcome outcome) {
        Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        return outcome instanceof Outcome.Answer answer ? answer.pod() : "";
    }

    /** The number of answers of each Pod. */
    public static Map<String, Integer> count(List<String> pods) {
        Map<String, Integer> counts = new TreeMap<>();
        pods.forEach(pod -> counts.merge(pod, 1, Integer::sum));
        return counts;
    }

    /** The number of held connections of each Pod. */
    public Map<String, Integer> count() {
        return count(answered);
    }

    /** The Pods in the order of their answers, with repeated ones merged: {@code b2 x3, b3 x1}. */
    public static String inOrder(List<String> pods) {
        List<Map<String, Integer>> runs = new ArrayList<>();
        String last = "";
        for (String pod : pods) {
            if (!pod.equals(last)) {
                runs.add(new LinkedHashMap<>());
            }
            runs.getLast().merge(pod, 1, Integer::sum);
            last = pod;
        }
        return runs.stream()
                .flatMap(run -> run.entrySet().stream())
                .map(e -> e.getKey() + " x" + e.getValue())
                .collect(Collectors.joining(", "));
    }

    /** Resets them all: connections that the kernel keeps would count too. */
    @Override
    public void close() {
        open.forEach(connection -> {
            try {
                connection.reset();
            } catch (IOException e) {
                connection.close();
            }
        });
        open.clear();
    }
}
