// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a failure says may be anything, and comes from the VM as one line. */
class ResultTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "two\nlines", "HTTP/1.1 400 Bad Request\r", "a\ttab", "a \\ backslash"})
    void isOneLineThatIsReadAgain(String detail) {
        Result result =
                new Result("id", "1, 2", "behaviour", Flavour.IPVS, IpFamily.IPV6, Result.Status.FAIL, detail, 12);
        assertThat(result.tsv().lines()).hasSize(1);
        assertThat(Result.parse(result.tsv()))
                .isEqualTo(new Result(
                        "id",
                        "1, 2",
                        "behaviour",
                        Flavour.IPVS,
                        IpFamily.IPV6,
                        Result.Status.FAIL,
                        detail.replace('\r', ' ').replace('\t', ' '),
                        12));
    }
}
