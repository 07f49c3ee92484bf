pragma circom 2.1.0;

// The statement of ../README.md. The table is an argument of `Statement`: the two mains bind it, as public inputs or by its root.
include "circomlib/circuits/poseidon.circom";

// `in` lies in [0, 2^n): n bits and nothing beside them.
template Range(n) {
    signal input in;
    signal output top;
    signal bits[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        bits[i] <-- (in >> i) & 1;
        bits[i] * (bits[i] - 1) === 0;
        sum += bits[i] * (1 << i);
    }
    sum === in;
    top <== bits[n - 1];
}

// Poseidon of width 17 in overwrite mode: sixteen elements to a permutation, one carried on.
template Chain(domain, n) {
    signal input in[n];
    signal output out;
    var blocks = (n + 15) \ 16;
    component block[blocks];
    for (var b = 0; b < blocks; b++) {
        block[b] = PoseidonEx(16, 1);
        if (b == 0) {
            block[b].initialState <== domain * (1 << 32) + n;
        } else {
            block[b].initialState <== block[b - 1].out[0];
        }
        for (var i = 0; i < 16; i++) {
            if (16 * b + i < n) {
                block[b].inputs[i] <== in[16 * b + i];
            } else {
                block[b].inputs[i] <== 0;
            }
        }
    }
    out <== block[blocks - 1].out[0];
}

template Statement(N, S, G) {
    var W = 4 + S;
    var L = N \ G;
    signal input table[N][W];
    signal input limits[6];
    signal input quantities[N];
    signal input blinding;
    signal input worst[G];
    signal output commitment;

    // Quantities: range and magnitude.
    component range[N];
    signal magnitude[N];
    signal long[N];
    for (var j = 0; j < N; j++) {
        range[j] = Range(48);
        range[j].in <== quantities[j] + (1 << 47);
        long[j] <== range[j].top * quantities[j];
        magnitude[j] <== 2 * long[j] - quantities[j];
    }

    // Commitment: blinding, then five quantities to an element.
    var P = (N + 4) \ 5;
    component chain = Chain(1, P + 1);
    chain.in[0] <== blinding;
    for (var e = 0; e < P; e++) {
        var sum = 0;
        for (var i = 0; i < 5; i++) {
            if (5 * e + i < N) {
                sum += (quantities[5 * e + i] + (1 << 47)) * (1 << (48 * i));
            }
        }
        chain.in[e + 1] <== sum;
    }
    commitment <== chain.out;

    // Totals.
    signal weighted[N][W];
    signal total[G][W];
    for (var g = 0; g < G; g++) {
        for (var k = 0; k < W; k++) {
            var sum = 0;
            for (var j = g * L; j < (g + 1) * L; j++) {
                if (k == 3) {
                    weighted[j][k] <== table[j][k] * magnitude[j];
                } else {
                    weighted[j][k] <== table[j][k] * quantities[j];
                }
                sum += weighted[j][k];
            }
            total[g][k] <== sum;
        }
    }
    signal lots;
    signal book[4];
    var sumLots = 0;
    for (var j = 0; j < N; j++) {
        sumLots += magnitude[j];
    }
    lots <== sumLots;
    for (var k = 0; k < 4; k++) {
        var sum = 0;
        for (var g = 0; g < G; g++) {
            sum += total[g][k];
        }
        book[k] <== sum;
    }
    signal nav;
    nav <== book[0] - lots;

    // Worst losses: an upper bound per group.
    component bound[G];
    component loss[G][S];
    var allWorst = 0;
    for (var g = 0; g < G; g++) {
        bound[g] = Range(89);
        bound[g].in <== worst[g] + (1 << 88);
        for (var s = 0; s < S; s++) {
            loss[g][s] = Range(90);
            loss[g][s].in <== worst[g] + total[g][4 + s];
        }
        allWorst += worst[g];
    }

    // Rules.
    component slack[G + 7];
    signal allowed[6];
    for (var i = 1; i < 6; i++) {
        allowed[i] <== limits[i] * nav;
    }
    for (var i = 0; i < G + 7; i++) {
        slack[i] = Range(128);
    }
    for (var g = 0; g < G; g++) {
        slack[g].in <== allowed[2] - 100 * total[g][3];
    }
    slack[G].in <== allowed[1] - 100 * book[3];
    slack[G + 1].in <== allowed[3] - 100 * (lots + book[1]);
    slack[G + 2].in <== allowed[3] - 100 * (lots - book[1]);
    slack[G + 3].in <== allowed[4] - 100 * (lots + book[2]);
    slack[G + 4].in <== allowed[4] - 100 * (lots - book[2]);
    slack[G + 5].in <== allowed[5] - 100 * (allWorst + lots);
    slack[G + 6].in <== nav - limits[0];
    allowed[0] <== 0;
}

// The table is private; its root is a public output.
template ByRoot(N, S, G) {
    var W = 4 + S;
    signal input table[N][W];
    signal input limits[6];
    signal input quantities[N];
    signal input blinding;
    signal input worst[G];
    signal output commitment;
    signal output root;
    component statement = Statement(N, S, G);
    component chain = Chain(2, N * W);
    for (var j = 0; j < N; j++) {
        for (var k = 0; k < W; k++) {
            statement.table[j][k] <== table[j][k];
            chain.in[j * W + k] <== table[j][k];
        }
        statement.quantities[j] <== quantities[j];
    }
    for (var g = 0; g < G; g++) {
        statement.worst[g] <== worst[g];
    }
    for (var i = 0; i < 6; i++) {
        statement.limits[i] <== limits[i];
    }
    statement.blinding <== blinding;
    commitment <== statement.commitment;
    root <== chain.out;
}
