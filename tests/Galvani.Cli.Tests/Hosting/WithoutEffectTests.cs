namespace Galvani.Cli.Tests.Hosting;

public sealed class WithoutEffectTests
{
    [Theory]
    [InlineData("tokenize|Открыть|--json|--ids", "--ids, as --json shows pieces and ids")]
    [InlineData("tokenize|Открыть|--compute|fp32", "--compute, as no layer is run")]
    [InlineData("tokenize|Открыть|--tokenizer|{tokenizer}|--transforms|bpe|--source-prefix|x", "--transforms, --source-prefix, as --tokenizer without --model is the tokenizer by itself")]
    [InlineData("detokenize|▁a|--tokenizer|{tokenizer}|--model|x.pt", "--model, as --tokenizer alone puts pieces together")]
    [InlineData("embed|Открыть|--dimensions|2|--compute|fp32", "--compute, as no layer is run without --layer")]
    [InlineData("embed|Открыть|--dimensions|2|--layer|last|--scaling|model", "--scaling, as a layer's states have the model's own scale in them")]
    [InlineData("embed|Открыть|--dimensions|2|--per-token|positions|--no-positions", "--no-positions, as --per-token positions gives the positional rows alone")]
    [InlineData("embed|Открыть|--json|-o|{folder}/x.npy", "--json, as --output writes an array")]
    [InlineData("compare|Открыть|Закрыть|--json|--order|rank", "--order, as --json shows every cosine in the order of the sentences")]
    [InlineData("encode|Открыть|--pool|--target-prefix|x", "--target-prefix, as there are no translations without --target")]
    [InlineData("encode|Открыть|--json|-o|{folder}/x.npz", "--json, as --output writes arrays")]
    [InlineData("extract|--format|text|-o|{folder}/x.txt|--json", "--json, as --format text says in one line what was written")]
    [InlineData("vocabulary-map|build|--source|{lines}|--target|{lines}|-o|{folder}/v|--beam-size|2", "--beam-size, as with --target nothing is translated")]
    [InlineData("translate|Открыть|--json|--with-score|--beam-size|1", "--with-score, as --json shows the score")]
    [InlineData("translate|Открыть|--avg-raw-probs|--beam-size|1", "--avg-raw-probs, as one model alone has nothing to average")]
    [InlineData("translate|Открыть|--seed|1|--random-sampling-temp|0.5|--beam-size|1", "--random-sampling-temp, --seed, as nothing is drawn without --random-sampling-topk or --random-sampling-topp")]
    [InlineData("translate|Открыть|--alpha|0.6|--length-penalty|none", "--alpha, as there is no length penalty: --length-penalty avg or wu")]
    [InlineData("translate|Открыть|--beta|0.2|--stepwise-penalty", "--beta, --stepwise-penalty, as there is no coverage penalty: --coverage-penalty wu or summary")]
    [InlineData("translate|Открыть|--ignore-when-blocking|a", "--ignore-when-blocking, as no sequence is blocked without --block-ngram-repeat")]
    [InlineData("translate|Открыть|--source-feature-defaults|N", "the defaults of source features, as this model has no source features")]
    [InlineData("translate|Открыть|--rotary|halves", "how rotary positions pair up, as this model has none")]
    public void Run_OptionThatChangesNothing_IsSaidInOneNote(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("lines"), "Открыть файл\n");
        var arguments = line.Replace("{folder}", folder.Root, StringComparison.Ordinal).Replace("{lines}", folder.File("lines"), StringComparison.Ordinal)
            .Replace("{tokenizer}", Repository.Sample("sentencepiece.model"), StringComparison.Ordinal).Split('|');
        var result = GalvaniProcess.Run(arguments);
        Assert.Equal((0, $"galvani: no effect: {expected}"), (result.ExitCode, result.Error.Split('\n').Single(said => said.Contains("no effect", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("tokenize|Открыть|--ids")]
    [InlineData("embed|Открыть|--dimensions|2|--scaling|model")]
    [InlineData("embed|Открыть|--dimensions|2|--layer|last|--compute|fp32")]
    [InlineData("translate|Открыть|--random-sampling-topk|3|--seed|1|--beam-size|1")]
    [InlineData("translate|Открыть|--alpha|0.6")]
    [InlineData("translate|Открыть|--beta|0.2|--coverage-penalty|wu")]
    [InlineData("translate|Открыть|--with-score")]
    public void Run_OptionThatCounts_IsNotMentioned(string line)
    {
        var result = GalvaniProcess.Run(line.Split('|'));
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("no effect", result.Error, StringComparison.Ordinal);
    }
}
