using System.CommandLine;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Configuration;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Generation;
using Galvani.Models;
using Galvani.Text;
using Galvani.VocabularyMaps;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani translate</c>, and <c>galvani generate</c> for language models: lines to their translations or continuations.</summary>
internal sealed class TranslateCommand : CliCommand
{
    private readonly ModelTask task;
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly SearchOptionGroup search = new();
    private readonly TargetOptions target = new();
    private readonly PrefixOptions prefixes = new();
    private readonly Option<string[]> model = new("--model", "-m") { Description = "The checkpoint; several make an ensemble. Default: GALVANI_MODEL, else the bundled sample.", HelpName = "FILE ..." };
    private readonly Option<string?> config = new(ConfigFile.OptionName) { Description = "A YAML file of options, by these names or by OpenNMT-py's; the command line goes first.", HelpName = "FILE" };
    private readonly Option<string?> output = new("--output", "-o") { Description = "Write the output to a file, which appears when all is done.", HelpName = "FILE" };
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces; features behind ￨. The output is pieces, too." };
    private readonly LongLineOptions longLines;
    private readonly Option<bool> replaceUnknown = new("--replace-unk") { Description = "Put the source piece with the most attention in place of an unknown token." };
    private readonly Option<string?> phraseTable = new("--phrase-table") { Description = "With --replace-unk: lines source|||target, applied to the source piece.", HelpName = "FILE" };
    private readonly Option<string?> vocabularyMap = new("--vocabulary-map") { Description = "Restrict each line to the target pieces that this map lists for its own pieces: faster, and in greedy search nearly always the same translation.", HelpName = "FILE" };
    private readonly Option<bool> rawMean = new("--avg-raw-probs") { Description = "Average the exponentials of an ensemble's logits instead of the logits." };
    private readonly Option<bool> withScore = new("--with-score") { Description = "Append a tab and the score to each line." };
    private readonly Option<bool> reportAlign = new("--report-align") { Description = "Append ||| and source-target pairs of pieces to each line; with --json, as a member." };
    private readonly Option<bool> attention = new("--attention") { Description = "With --json: the attention of each token over the source pieces." };

    private TranslateCommand(string name, string description, ModelTask task, Interruption interruption)
        : base(name, description)
    {
        (this.task, this.interruption) = (task, interruption);
        longLines = new LongLineOptions(task == ModelTask.SequenceToSequence ? "split translates its parts and joins the translations" : "split continues its parts and joins what comes out");
        Register(lines.Text);
        foreach (var option in (Option[])
            [
                model, models.Tokenizer, models.Transforms, models.Corpus, models.SourcePrefix, models.SourceFeatureDefaults, models.Rotary, models.Compute, models.Limits.Option, .. lines.All, config, output, pieces, .. longLines.All, .. search.All,
                .. target.All, .. prefixes.All, replaceUnknown, phraseTable, rawMean, withScore, reportAlign, attention, vocabularyMap,
            ])
        {
            Register(option);
        }
    }

    public override IReadOnlyList<string> Examples => task == ModelTask.SequenceToSequence
        ?
        [
            "galvani translate 'Открыть файл'",
            "galvani translate 'Открыть файл' --n-best 2 --with-score --report-align",
            "galvani translate --model model.pt --source test.ru -o test.out --beam-size 5 --report report.json",
            "galvani translate --model a.pt b.pt c.pt --config translate.yaml --json < test.ru",
            "galvani translate 'Открыть файл' --random-sampling-topk 10 --seed 1 --beam-size 1",
            "printf 'Открыть файл\\tClose\\n' | galvani translate --target-prefix-column --replace-unk",
            "galvani translate --vocabulary-map vmap.txt --beam-size 1 --source test.ru",
        ]
        :
        [
            "galvani generate --model lm.pt 'Once upon a time' --random-sampling-topk 10 --seed 1",
            "galvani generate --model lm.pt --source prompts.txt --max-length 50 --block-ngram-repeat 3 --json",
        ];

    /// <summary>The command for models with an encoder.</summary>
    public static TranslateCommand ForTranslation(Interruption interruption) =>
        new("translate", "Translates lines. One output line for each, in order (with --n-best, that many).", ModelTask.SequenceToSequence, interruption);

    /// <summary>The command for language models.</summary>
    public static TranslateCommand ForLanguageModels(Interruption interruption) =>
        new("generate", "Continues lines with a language model. One output line for each, in order, without the line itself.", ModelTask.LanguageModel, interruption);

    protected override int Execute(ParseResult result)
    {
        var opened = OpenModels(result);
        try
        {
            CheckTask(opened[0]);
            var translator = new Translator(opened, ReadOptions(result, opened[0]));
            SayNotes(translator);
            return result.GetValue(output) is { } path ? RunToFile(result, translator, path) : RunToStandardOutput(result, translator);
        }
        finally
        {
            opened.ForEach(each => each.Dispose());
        }
    }

    private List<NmtModel> OpenModels(ParseResult result)
    {
        string?[] paths = [.. result.GetValue(model) ?? []];
        if (paths.Length == 0)
            paths = [null];
        var share = ThreadShare.Of(lines.ThreadCount(result));
        var opened = new List<NmtModel>();
        try
        {
            foreach (var path in paths)
                opened.Add(models.Open(result, path, (_, options) => target.Complete(result, options with { ThreadCount = share.Each })));
        }
        catch
        {
            opened.ForEach(each => each.Dispose());
            throw;
        }

        return opened;
    }

    private void CheckTask(NmtModel first)
    {
        if (first.Config.Task == task)
            return;
        var path = first.Checkpoint.Checkpoint.FilePath;
        throw new CommandException(task == ModelTask.LanguageModel
            ? $"{path} is a translation model, which galvani translate runs; generate is for language models."
            : $"{path} is a language model, which galvani generate runs; translate is for models with an encoder.");
    }

    private TranslationOptions ReadOptions(ParseResult result, NmtModel first)
    {
        if (task == ModelTask.LanguageModel && (result.GetValue(reportAlign) || result.GetValue(attention) || result.GetValue(replaceUnknown) || result.GetValue(vocabularyMap) is not null))
            throw new UsageException("A language model has no source to attend to: --report-align, --attention, --replace-unk and --vocabulary-map are for translate.");
        if (result.GetValue(phraseTable) is not null && !result.GetValue(replaceUnknown))
            throw new UsageException("--phrase-table goes with --replace-unk.");
        if (result.GetValue(attention) && !result.GetValue(lines.Json))
            throw new UsageException("--attention goes with --json: a line of text has no place for it.");
        if (result.GetValue(pieces) && target.HasPrefix(result))
            throw new UsageException("--target-prefix is text, and --pieces takes none: --target-prefix-file or --target-prefix-column gives a prefix in pieces.");
        WithoutEffect.Say(result, "--json shows the score", result.GetValue(lines.Json) ? [withScore] : []);
        WithoutEffect.Say(result, "one model alone has nothing to average", (result.GetValue(model) ?? []).Length < 2 ? [rawMean] : []);
        var vocabulary = first.TargetVocabulary ?? throw new CommandException($"{first.Checkpoint.Checkpoint.FilePath} has no target vocabulary that is read: tokens cannot become text.");
        return new TranslationOptions
        {
            Search = search.Read(result, vocabulary),
            EnsembleMean = result.GetValue(rawMean) ? EnsembleMean.Exponentials : EnsembleMean.Logits,
            ReplacesUnknown = result.GetValue(replaceUnknown),
            PhraseTable = result.GetValue(phraseTable) is { } path ? OpenPhraseTable(path) : PhraseTable.Empty,
            VocabularyMap = result.GetValue(vocabularyMap) is { } map ? OpenVocabularyMap(map, vocabulary) : null,
            ReportsAttention = result.GetValue(attention),
            ReportsAlignment = result.GetValue(reportAlign),
        };
    }

    private static PhraseTable OpenPhraseTable(string path) =>
        File.Exists(path) ? PhraseTable.Open(path) : throw Missing(path, "phrase table");

    private static VocabularyMap OpenVocabularyMap(string path, Vocabulary target) =>
        File.Exists(path) ? VocabularyMap.Open(path, target) : throw Missing(path, "vocabulary map");

    private static CommandException Missing(string path, string kind) => new(Directory.Exists(path) ? $"{path} is a folder, expected a {kind}." : $"There is no {kind} {path}.");

    private static void SayNotes(Translator translator)
    {
        foreach (var note in translator.Notes)
            StandardError.Note(note);
    }

    private int RunToStandardOutput(ParseResult result, Translator translator)
    {
        using var stream = Standard.OpenStream();
        return Run(result, translator, stream);
    }

    private int RunToFile(ParseResult result, Translator translator, string path)
    {
        var code = ExitCodes.Done;
        AtomicFile.Write(path, stream => code = Run(result, translator, stream));
        return code;
    }

    private int Run(ParseResult result, Translator translator, Stream stream)
    {
        var first = translator.Model;
        using var prefixFile = prefixes.OpenFile(result, result.GetValue(lines.Strict));
        var report = new RunReport(Name, first.Checkpoint.Checkpoint.FilePath, [.. result.Tokens.Select(token => token.Value)])
        {
            OtherModelPaths = [.. (result.GetValue(model) ?? []).Skip(1)], Seed = translator.Options.Search.Sampling?.Seed, SecondFile = prefixFile, IsPrinted = result.GetValue(output) is null,
        };
        var asPieces = result.GetValue(pieces);
        var worker = new LineTranslator(translator, longLines.Create(result, translator.MaximumLength), report, interruption.Token)
        {
            Form = result.GetValue(lines.Json) ? TranslationForm.Json : result.GetValue(withScore) ? TranslationForm.TextAndScore : TranslationForm.Text,
            Tokens = new LineTokens(first, asPieces, interruption.Token),
            PrefixIds = !asPieces ? text => translator.PrefixIds(text, interruption.Token) : prefixes.AreGiven(result) ? translator.PrefixIdsOfPieces : null,
            PrefixFile = prefixFile,
            HasPrefixColumn = result.GetValue(prefixes.Column),
        };
        return lines.RunBatches(result, report, interruption, worker.Translate, print => print(stream), stream.Flush, BatchSize.Adaptive(isWatched: report.IsPrinted && !Console.IsOutputRedirected), ThreadShare.Of(lines.ThreadCount(result)).Batches);
    }
}
