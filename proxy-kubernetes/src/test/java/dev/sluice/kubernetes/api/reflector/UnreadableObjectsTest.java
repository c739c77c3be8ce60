// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnreadableObjectsTest {
    private static final ObjectRef WEB = ObjectRef.endpointSlice("shop", "web");
    private static final ObjectRef API = ObjectRef.endpointSlice("shop", "api");

    private final List<List<Problem>> reports = new ArrayList<>();
    private final UnreadableObjects objects = new UnreadableObjects(reports::add);

    @Test
    void aListIsReportedOnce() {
        objects.putAll(Map.of(WEB, problem(WEB), API, problem(API)));
        objects.putAll(Map.of(WEB, problem(WEB), API, problem(API)));
        assertThat(reports).hasSize(1);
        assertThat(reports.getFirst()).hasSize(2);
    }

    @Test
    void aValidObjectHasNoProblemLeft() {
        objects.put(WEB, problem(WEB));
        objects.put(WEB, List.of());
        assertThat(reports).containsExactly(problem(WEB), List.of());
    }

    private static List<Problem> problem(ObjectRef object) {
        return List.of(Problem.skipped(object, "", "is broken"));
    }
}
