// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedElementsTest {
    private static final List<SetElement> ELEMENTS = List.of(
            SetElement.of(Words.number(1)),
            SetElement.of(Words.number(2)).withComment("größer"),
            SetElement.of(Words.number(3), Words.number(7)),
            SetElement.of(Words.number(4), Words.number(7)).withComment("shop/web:http/tcp"),
            SetElement.of(Words.number(5), Verdict.jump("choose-3")).withComment("a chain"),
            new SetElement(Words.number(6), null, null, Duration.ofSeconds(3), ""),
            SetElement.range(Words.number(8), Words.number(9)));

    private static Words.Builder number(int number) {
        return new Words.Builder().number(number);
    }

    @Test
    void elementsAreKeptWhole() {
        assertThat(PackedElements.of(ELEMENTS).toList()).isEqualTo(ELEMENTS);
        assertThat(PackedElements.join(List.of(
                                PackedElements.of(ELEMENTS.subList(0, 3)),
                                PackedElements.of(ELEMENTS.subList(3, 6)),
                                PackedElements.of(ELEMENTS.subList(6, 7))))
                        .toList())
                .isEqualTo(ELEMENTS);
    }

    @Test
    void anElementIsFoundByItsKey() {
        PackedElements packed = PackedElements.of(ELEMENTS);
        for (SetElement element : ELEMENTS) {
            assertThat(packed.element(packed.find(element.key()))).isEqualTo(element);
            assertThat(packed.element(packed.find(number(element.key().numberAt(0)))))
                    .isEqualTo(element);
        }
        assertThat(packed.find(number(7))).isEqualTo(PackedElements.NONE);
        assertThat(packed.find(number(1).number(1))).isEqualTo(PackedElements.NONE);
        assertThat(PackedElements.of(List.of()).find(number(1))).isEqualTo(PackedElements.NONE);
    }

    @Test
    void amongManyEachIsFound() {
        Random random = new Random(7);
        List<SetElement> many = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            Words key = number(random.nextInt()).number(i).build();
            many.add(SetElement.of(key, Words.number(i)));
        }
        PackedElements packed = PackedElements.of(many);
        for (SetElement element : many) {
            assertThat(packed.element(packed.find(element.key()))).isEqualTo(element);
        }
    }

    @Test
    void onlyAnElementWithTheSameAndNothingElseIsEqual() {
        PackedElements packed = PackedElements.of(ELEMENTS);
        byte[] none = {};
        assertThat(packed.is(packed.find(Words.number(1)), null, none)).isTrue();
        assertThat(packed.is(packed.find(Words.number(1)), number(0), none)).isFalse();
        assertThat(packed.is(packed.find(Words.number(1)), null, "a".getBytes(UTF_8)))
                .isFalse();
        assertThat(packed.is(packed.find(Words.number(2)), null, "größer".getBytes(UTF_8)))
                .isTrue();
        assertThat(packed.is(packed.find(Words.number(2)), null, none)).isFalse();
        assertThat(packed.is(packed.find(Words.number(3)), number(7), none)).isTrue();
        assertThat(packed.is(packed.find(Words.number(3)), number(8), none)).isFalse();
        assertThat(packed.is(packed.find(Words.number(3)), number(7).number(0), none))
                .isFalse();
        assertThat(packed.is(packed.find(Words.number(3)), null, none)).isFalse();
        assertThat(packed.is(packed.find(Words.number(6)), null, none)).isFalse();
        assertThat(packed.is(packed.find(Words.number(8)), null, none)).isFalse();
    }

    @Test
    void whatWasMetIsLeftOut() {
        PackedElements packed = PackedElements.of(ELEMENTS);
        int first = packed.find(Words.number(1));
        assertThat(packed.meet(first)).isTrue();
        assertThat(packed.meet(first)).isFalse();
        assertThat(packed.meet(packed.find(Words.number(5)))).isTrue();
        List<SetElement> left = new ArrayList<>();
        packed.forEachUnmet(left::add);
        assertThat(left)
                .containsExactly(ELEMENTS.get(1), ELEMENTS.get(2), ELEMENTS.get(3), ELEMENTS.get(5), ELEMENTS.get(6));
        assertThat(packed.element(first)).isEqualTo(ELEMENTS.getFirst());
    }
}
